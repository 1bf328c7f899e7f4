/** @file Few listeners, all on the window, for any number of elements. */
import { callsOf } from "./attribute.js";
import { react } from "./calls.js";
import { invoke } from "./nodes.js";
import { isLeaving } from "./swaps.js";

const heard = new Set();

/** Which element consumed an event. @type {WeakMap<Event, Element>} */
const consumed = new WeakMap();

/**
 * Bubbling events are listened to last: the listener is added again while the event is captured, so that editors
 * have copied their text into the textarea before it is read. Others are only seen while captured.
 * @param {import("./attribute.js").Call} call
 */
export function listen({ on: { type, passive } }) {
  const key = type + passive;
  if (heard.has(key)) return;
  heard.add(key);
  // Chromium does not make `mouseenter` and its like for a listener on the window alone.
  const root = /(enter|leave)$/.test(type) ? document : window;
  /**
   * Calls what the elements on the event's way want called, innermost first; shadow roots are not entered.
   * @param {Event} event
   */
  const hear = (event) => {
    if (isLeaving(event)) return;
    const capturing = event.eventPhase === 1;
    if (capturing) {
      root.removeEventListener(type, hear);
      root.addEventListener(type, hear, { passive });
    }
    for (const element of event.composedPath()) {
      if (
        element instanceof Element &&
        (event.bubbles || element === event.target) &&
        !(invoke(element, "getRootNode") instanceof ShadowRoot)
      ) {
        for (const call of callsOf(element)) {
          const { on } = call;
          if (
            on.type === type &&
            on.passive === passive &&
            (on.capture || !event.bubbles) === capturing
          ) {
            if (on.consume) consumed.set(event, element);
            react(element, call, event);
          }
        }
        if (consumed.get(event) === element) break;
      }
    }
  };
  root.addEventListener(type, hear, { passive, capture: true });
}
