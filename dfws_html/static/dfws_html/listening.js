/** @file Few listeners, all on the window, for any number of elements. */
import { callsOf } from "./attribute.js";
import { react } from "./calls.js";
import { invoke } from "./nodes.js";

const heard = new Set();

/** Which element consumed an event. @type {WeakMap<Event, Element>} */
const consumed = new WeakMap();

/**
 * Bubbling events are listened to last: the listener is added again while the event is captured, so that editors
 * have copied their text into the textarea before it is read. Others are only seen while captured.
 * @param {import("./triggers.js").Trigger} trigger
 */
export function listen({ type, passive = false }) {
  const key = type + passive;
  if (heard.has(key)) return;
  heard.add(key);
  // Chromium does not make `mouseenter` and its like for a listener on the window alone.
  const root = /(enter|leave)$/.test(type) ? document : window;
  /** @param {Event} event */
  const bubbling = (event) => hear(event, passive, false);
  /** @param {Event} event */
  const capturing = (event) => {
    root.removeEventListener(type, bubbling);
    if (event.bubbles) root.addEventListener(type, bubbling, { passive });
    hear(event, passive, true);
  };
  root.addEventListener(type, capturing, { passive, capture: true });
}

/**
 * Calls what the elements on the event's way want called, innermost first; shadow roots are not entered.
 * @param {Event} event
 * @param {boolean} passive
 * @param {boolean} capturing
 */
function hear(event, passive, capturing) {
  const { type, bubbles, target } = event;
  for (const element of event.composedPath()) {
    if (
      !(element instanceof Element && (bubbles || element === target)) ||
      invoke(element, "getRootNode") instanceof ShadowRoot
    ) {
      continue;
    }
    for (const call of callsOf(element)) {
      const trigger = call.triggers.find(
        (one) =>
          one.type === type &&
          !one.passive === !passive &&
          !(one.capture || !bubbles) === !capturing,
      );
      if (!trigger) continue;
      if (trigger.consume) consumed.set(event, element);
      react(element, call, trigger, event);
    }
    if (consumed.get(event) === element) break;
  }
}
