/** @file Few listeners, all on the window, for any number of elements. */
import { memories } from "./attribute.js";
import { react } from "./calls.js";
import { invoke } from "./nodes.js";
import { findAll } from "./selectors.js";
import { isLeaving } from "./swaps.js";
import { isPressed } from "./triggers.js";

/** How far an event goes that somebody consumed. @type {WeakMap<Event, number>} */
const ends = new WeakMap();

/**
 * One for what may be prevented, one for what is passive. Bubbling events are listened to last: the listener is added
 * again while the event is captured, so that editors have copied their text into the textarea before it is read.
 * Others are only seen while captured.
 */
const listeners = [false, true].map((passive) => {
  /** @param {Event} event */
  const late = (event) => pass(event, passive, (capture) => !capture);
  /** @param {any} event */
  return (event) => {
    const { type, bubbles, target, currentTarget } = event;
    // At the window itself a listener that is added now comes too late.
    const isLast = !bubbles || target === currentTarget;
    currentTarget.removeEventListener(type, late);
    if (!isLast) currentTarget.addEventListener(type, late, { passive });
    pass(event, passive, (capture) => capture || isLast);
  };
});

/** @param {import("./triggers.js").Trigger} trigger */
export function listen({ type, passive = false }) {
  // Chromium does not make `mouseenter` and its like for a listener on the window alone.
  const root = /(enter|leave)$/.test(type) ? document : window;
  // A text that is being composed is heard when that has ended.
  for (const name of type === "input" ? [type, "compositionend"] : [type]) {
    // Nothing is added twice.
    root.addEventListener(name, listeners[+passive], { passive, capture: true });
  }
}

/**
 * Calls what the elements on the event's way want called, and those that hear it from there, innermost first;
 * shadow roots are not entered: nothing is found in them.
 * @param {any} event
 * @param {boolean} passive
 * @param {(capture?: boolean) => unknown} isTime
 */
function pass(event, passive, isTime) {
  const { type, bubbles, target } = event;
  if (isLeaving(event) || (type === "input" && event.isComposing)) return;
  /** @type {any[]} */
  const path = event.composedPath();
  const due = [];
  for (const element of new Set([
    ...path,
    ...document.querySelectorAll("[data-df-signal*='from:']"),
  ])) {
    for (const job of memories.get(element)?.jobs ?? []) {
      const { on } = job.call;
      if (
        (on.type === type || (on.type === "input" && type === "compositionend")) &&
        !on.passive === !passive &&
        isTime(on.capture) &&
        (!on.target || (target instanceof Element && invoke(target, "matches", on.target))) &&
        (!on.key || isPressed(on.key, event))
      ) {
        const place = placeOf(element, on.from, target, path);
        if (place >= 0 && (bubbles || path[place] === target)) due.push({ place, element, job });
      }
    }
  }
  for (const { place, element, job } of due.sort((one, other) => one.place - other.place)) {
    if (place > (ends.get(event) ?? Infinity)) break;
    if (job.call.on.consume) ends.set(event, place);
    react(job, element, event);
  }
}

/**
 * @param {any} element
 * @param {string | undefined} from
 * @param {EventTarget} target
 * @param {any[]} path
 * @returns {number} where on its way the event is heard, -1: nowhere
 */
function placeOf(element, from = "this", target, path) {
  /** @type {any[]} */
  const sources =
    /** @type {any} */ ({
      __proto__: null,
      window: [window],
      document: [document],
      self: [target === element && element],
      outside: [!path.includes(element) && document],
    })[from] ?? findAll(element, from);
  return path.findIndex((node) => sources.includes(node));
}
