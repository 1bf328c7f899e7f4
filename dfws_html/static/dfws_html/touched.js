/** @file Controls that the user has changed: what is typed there belongs to him, not to the server. */
import { get, isForm } from "./nodes.js";

/** @type {WeakSet<EventTarget>} */
const touched = new WeakSet();

export const CONTROLS = "input,textarea,select";

/** @param {EventTarget | null} control */
export const touch = (control) => control && touched.add(control);

/** @param {Iterable<Element>} controls */
export function untouch(controls) {
  for (const control of controls) touched.delete(control);
}

/**
 * @param {any} control
 * @returns {boolean}
 */
export const isTouched = (control) =>
  touched.has(control) ||
  control.files?.length ||
  control.validity.badInput ||
  control.matches(":autofill");

/** Typed before this script ran, or brought back by the browser. */
function recall() {
  for (const control of /** @type {NodeListOf<any>} */ (document.querySelectorAll(CONTROLS))) {
    const { type, value, defaultValue } = control;
    if (/^(text|search|tel|password)/.test(type) && value !== defaultValue) touch(control);
  }
}

/** Watches what the user does from now on. */
export function watchTyping() {
  for (const type of ["input", "change"]) {
    addEventListener(type, ({ isTrusted, target }) => isTrusted && touch(target), true);
  }
  addEventListener("reset", ({ target, defaultPrevented }) => {
    if (!defaultPrevented && isForm(target)) untouch(get(target, "elements"));
  });
  addEventListener("pageshow", recall);
  recall();
}
