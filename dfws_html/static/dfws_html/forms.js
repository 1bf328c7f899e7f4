/** @file What an element sends: the fields of its form, the value of its control. */
import { invoke, isForm } from "./nodes.js";

/**
 * By the browser's own rules; files as names, empty ones left out; the CSRF token does not leave in signals.
 * The element speaks for itself, for its `.form`, else for the closest form; without one, `FormData` throws.
 * @param {any} element
 * @param {HTMLFormElement} [submitted]
 * @param {HTMLElement | null} [submitter] of the submitted form
 * @returns {{name: string, value: string}[]}
 */
export function formFields(element, submitted, submitter) {
  const form = isForm(element.form) ? element.form : invoke(element, "closest", "form");
  return [...new FormData(form, form === submitted ? submitter : null)].flatMap(
    (/** @type {[string, any]} */ [name, data]) =>
      name === "csrfmiddlewaretoken" || data.name === "" ? [] : { name, value: data.name ?? data },
  );
}

/**
 * Throws if there is no control; forms and containers have no value of their own.
 * @param {Element} element that makes the call
 * @param {EventTarget | null} target of the event, which counts on a form or container
 * @returns {unknown}
 */
export function controlValue(element, target) {
  /** @type {any} */
  const control = [element, target].find(
    (/** @type {any} */ one) =>
      !isForm(one) &&
      ("labels" in one || one.isContentEditable || (/-/.test(one.localName) && "value" in one)),
  );
  const list = control.files ?? (control.multiple && control.selectedOptions);
  if (list) return Array.from(list, (one) => one.name ?? one.value);
  return isCheckable(control) ? control.checked : (control.value ?? control.innerText);
}

/** @param {any} control @returns {boolean} */
export const isCheckable = ({ type }) => /^(checkbox|radio)$/.test(type);
