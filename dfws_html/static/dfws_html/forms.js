/** @file What an element sends: the fields of its form, the value of its control. */
import { get, invoke, isForm } from "./nodes.js";

/**
 * The form an element speaks for: itself, its `.form`, else the closest one.
 * @param {any} element
 * @returns {HTMLFormElement | null}
 */
export const formOf = (element) =>
  [element, element.form].find(isForm) ?? invoke(element, "closest", "form");

/**
 * By the browser's own rules; files as names, empty ones left out; the CSRF token does not leave in signals.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @returns {{name: string, value: string}[]}
 */
export const formFields = (form, submitter) =>
  [...new FormData(form, submitter)].flatMap((/** @type {[string, any]} */ [name, data]) =>
    name === "csrfmiddlewaretoken" || data.name === "" ? [] : { name, value: data.name ?? data },
  );

/** @param {any} element @returns {boolean} forms and containers have no value of their own */
const isControl = (element) =>
  !isForm(element) &&
  ("labels" in element ||
    element.isContentEditable ||
    (element.localName?.includes("-") && "value" in element));

/**
 * @param {Element} element that makes the call
 * @param {EventTarget | null} target of the event, which counts on a form or container
 * @returns {unknown} undefined if there is no control
 */
export function controlValue(element, target) {
  /** @type {any} */
  const control = [element, target].find(isControl);
  if (!control) return undefined;
  const { value, files, multiple, selectedOptions } = control;
  if (files) return Array.from(files, ({ name }) => name);
  if (multiple && selectedOptions) return Array.from(selectedOptions, (option) => option.value);
  return isCheckable(control) ? control.checked : (value ?? control.innerText);
}

/** @param {any} control @returns {boolean} */
export const isCheckable = ({ type }) => /^(checkbox|radio)$/.test(type);

/**
 * @typedef {object} Submission
 * @property {HTMLFormElement} form
 * @property {any} submitter
 */

/**
 * The submission that an event is: a submit, or a click on a button that would lead to one.
 * @param {any} element
 * @param {any} event
 * @returns {Submission | null}
 */
export function submissionOf(element, { type, target, submitter = null }) {
  if (type === "submit" && isForm(target)) return { form: target, submitter };
  return type === "click" && /^(submit|image)$/.test(element.type) && isForm(element.form)
    ? { form: element.form, submitter: element }
    : null;
}

/**
 * Validates as submitting natively would.
 * @param {Submission} submission
 * @returns {boolean}
 */
export const validates = ({ form, submitter }) =>
  get(form, "noValidate") || submitter.formNoValidate || invoke(form, "reportValidity");

/**
 * @param {Submission} submission
 * @returns {boolean} whether submitting only closes a dialog
 */
export const closesDialog = ({ form, submitter }) =>
  (submitter?.getAttribute("formmethod") ?? get(form, "method")).toLowerCase() === "dialog";
