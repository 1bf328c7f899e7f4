/** @file Events that another script stopped on their way to the window, where calls hear them. */
import { fail } from "../events.js";
import { parseTriggers } from "../triggers.js";

const ATTRIBUTE = "data-df-signal";

/** What widgets like to keep for themselves. */
const TYPES = ["click", "submit", "input", "change", "keydown", "keyup", "focusin", "focusout"];

/** @param {any} element @returns {string} what it hears without `on`, roughly */
const defaultEvent = ({ localName, type }) =>
  localName === "form"
    ? "submit"
    : /^(input|select|textarea)$/.test(localName) && !/^(submit|image|reset|button)$/.test(type)
      ? "change"
      : "click";

/** @param {any} element @param {string} type @returns {string[]} names of the calls that wait for it */
function waitingFor(element, type) {
  const text = element.getAttribute(ATTRIBUTE).trim();
  try {
    return [/^[[{"]/.test(text) ? JSON.parse(text) : text].flat().flatMap((call) => {
      const triggers = parseTriggers(call.on ?? defaultEvent(element));
      const hears = triggers.some((on) => on.type === type && !on.capture && !on.from);
      return hears ? (call.name ?? call) : [];
    });
  } catch {
    return []; // what can't be read has been reported
  }
}

/** @param {any} event that did not arrive @param {any[]} path */
function tell({ type, defaultPrevented }, path) {
  if (defaultPrevented && /^(submit|click)$/.test(type)) return; // a validator has said no
  for (const element of path) {
    if (!element.hasAttribute?.(ATTRIBUTE)) continue;
    for (const signal of waitingFor(element, type)) {
      const message = `Another script stopped this ${type}: ${signal} was not called.`;
      fail("stopped", message, { signal, element }, "debug");
    }
  }
}

/** @param {Event} event on its way down */
function follow(event) {
  if (!event.bubbles) return;
  const path = event.composedPath();
  const { type } = event;
  let arrived = false;
  const arrive = () => {
    arrived = true;
  };
  addEventListener(type, arrive, { once: true });
  // The next task comes after all that hear it.
  setTimeout(() => {
    removeEventListener(type, arrive);
    if (!arrived) tell(event, path);
  });
}

export function begin() {
  for (const type of TYPES) addEventListener(type, follow, true);
}
