/** @file Events that another script stopped on their way to the window, where calls hear them. */
import { ATTRIBUTE, read } from "../attribute.js";
import { fail } from "../events.js";

/** What widgets like to keep for themselves. */
const TYPES = ["click", "submit", "input", "change", "keydown", "keyup", "focusin", "focusout"];

/** @param {any} element @param {string} type @returns {string[]} names of the calls that wait for it */
function waitingFor(element, type) {
  try {
    return read(element, element.getAttribute(ATTRIBUTE).trim())
      .filter(({ on }) => on.type === type && !on.capture && !on.from)
      .map(({ name }) => name);
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
