/** @file Few listeners, all on the window, for any number of elements. */
import { callsOf } from "./attribute.js";
import { react } from "./calls.js";
import { invoke } from "./nodes.js";
import { findAll } from "./selectors.js";
import { isLeaving } from "./swaps.js";
import { isPressed } from "./triggers.js";

/** @typedef {(element: Element, event: Event, path: EventTarget[]) => unknown} Source */

const heard = new Set();

/** Elements that hear what happens elsewhere. @type {Set<Element>} */
const listeners = new Set();

/** How far an event goes that somebody consumed. @type {WeakMap<Event, number>} */
const ends = new WeakMap();

/** Where an event is heard that is not heard on its way through the element. @type {Record<string, Source>} */
const SOURCES = {
  // @ts-expect-error a table without inherited names, as a text asks it
  __proto__: null,
  window: () => window,
  document: () => document,
  self: (element, { target }) => target === element && element,
  outside: (element, _, path) => !path.includes(element) && document,
};

/** Lets go of elements that have left; they are found again when they come back. */
export function forget() {
  for (const element of listeners) {
    if (!element.isConnected) listeners.delete(element);
  }
}

/**
 * Bubbling events are listened to last: the listener is added again while the event is captured, so that editors
 * have copied their text into the textarea before it is read. Others are only seen while captured.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 */
export function listen(element, { on: { type, passive, from } }) {
  if (from) listeners.add(element);
  hear(type, type, !!passive);
  // A text that is being composed is heard when that has ended.
  if (type === "input") hear("compositionend", type, !!passive);
}

/**
 * @param {string} name of the event
 * @param {string} type that calls name
 * @param {boolean} passive
 */
function hear(name, type, passive) {
  const key = name + type + passive;
  if (heard.has(key)) return;
  heard.add(key);
  // Chromium does not make `mouseenter` and its like for a listener on the window alone.
  const root = /(enter|leave)$/.test(name) ? document : window;
  /** @param {Event} event */
  const early = (event) => {
    root.removeEventListener(name, late);
    // At the window itself a listener that is added now comes too late.
    if (event.target !== root) root.addEventListener(name, late, { passive });
    pass(event, true);
  };
  /** @param {Event} event */
  const late = (event) => pass(event, false);
  /**
   * Calls what the elements on the event's way want called, and those that hear it from there, innermost first;
   * shadow roots are not entered.
   * @param {any} event
   * @param {boolean} capturing
   */
  const pass = (event, capturing) => {
    if (isLeaving(event) || (type === "input" && event.isComposing)) return;
    forget();
    const { target } = event;
    /** @type {any[]} */
    const path = event
      .composedPath()
      .filter(
        (/** @type {any} */ node) =>
          node === window || !(invoke(node, "getRootNode") instanceof ShadowRoot),
      );
    const due = [];
    for (const element of new Set([...path, ...listeners])) {
      if (!(element instanceof Element)) continue;
      for (const call of callsOf(element)) {
        const { on } = call;
        if (
          on.type !== type ||
          !!on.passive !== passive ||
          (target !== root && (on.capture || !event.bubbles) !== capturing) ||
          (on.target && !(target instanceof Element && invoke(target, "matches", on.target))) ||
          (on.key && !isPressed(on.key, event))
        ) {
          continue;
        }
        const place = path.indexOf(sourceOf(element, on.from, event, path));
        if (place >= 0 && (event.bubbles || path[place] === target))
          due.push({ place, element, call });
      }
    }
    for (const { place, element, call } of due.sort((one, other) => one.place - other.place)) {
      if (place > (ends.get(event) ?? Infinity)) break;
      if (call.on.consume) ends.set(event, place);
      react(element, call, event);
    }
  };
  root.addEventListener(name, early, { passive, capture: true });
}

/**
 * @param {Element} element
 * @param {string | undefined} from
 * @param {Event} event
 * @param {any[]} path
 * @returns {any}
 */
const sourceOf = (element, from, event, path) =>
  from
    ? SOURCES[from]
      ? SOURCES[from](element, event, path)
      : findAll(element, from, (css) =>
          path.filter((node) => node instanceof Element && invoke(node, "matches", css)),
        )[0]
    : element;
