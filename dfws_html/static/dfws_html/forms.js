/** @file What an element sends: the fields of its form, the value of its control, what other fields hold. */
import { get, invoke, isForm } from "./nodes.js";
import { findAll } from "./selectors.js";

const TOKEN = "csrfmiddlewaretoken"; // does not leave in signals

/**
 * What a call sends, as it is now; throws if something of it can't be read.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {EventTarget | null} target of the event
 * @param {import("./flight.js").Submission} [submission]
 * @returns {Record<string, unknown>}
 */
export function readArguments(element, { form, value, include, opts }, target, submission) {
  return {
    ...(include && Object.fromEntries(included(element, include))),
    ...structuredClone(opts),
    ...(form && { [form]: formFields(element, submission) }),
    ...(value && { [value]: controlValue(element, target) }),
  };
}

/**
 * Fields by their names, as they would be submitted; of a form or container, all that is in it. What there is
 * several times is a list.
 * @param {Element} element
 * @param {string} selector
 * @returns {Map<string, unknown>}
 */
function included(element, selector) {
  /** @type {Map<string, any>} */
  const values = new Map();
  const roots = findAll(element, selector);
  const fields = roots.flatMap((root) => [
    root,
    ...(get(root, "elements") ?? invoke(root, "querySelectorAll", "[name]")),
  ]);
  for (const field of new Set(fields)) {
    const { name } = field;
    if (
      isForm(field) ||
      !name ||
      name === TOKEN ||
      !("value" in field) ||
      isButton(field) ||
      invoke(field, "matches", ":disabled") ||
      (isCheckable(field) && !field.checked)
    ) {
      continue;
    }
    const value = isCheckable(field) ? field.value : controlValue(field, null);
    values.set(name, values.has(name) ? [values.get(name), value].flat() : value);
  }
  return values;
}

/**
 * The element speaks for itself, for its `.form`, else for the closest form.
 * @param {any} element
 * @returns {HTMLFormElement | null}
 */
export const formOf = (element) =>
  isForm(element.form) ? element.form : invoke(element, "closest", "form");

/**
 * By the browser's own rules; files as names, empty ones left out. Without a form, `FormData` throws.
 * @param {Element} element
 * @param {import("./flight.js").Submission} [submission] which counts for its own form
 * @returns {{name: string, value: string}[]}
 */
function formFields(element, submission) {
  /** @type {any} */
  const form = formOf(element);
  const submitter = form === submission?.form ? submission?.submitter : null;
  return [...new FormData(form, submitter)].flatMap((/** @type {[string, any]} */ [name, data]) =>
    name === TOKEN || data.name === "" ? [] : { name, value: data.name ?? data },
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
      !isForm(one) && ((one.localName !== "li" && "value" in one) || one.isContentEditable),
  );
  const list = control.files ?? (control.multiple && control.selectedOptions);
  if (list) return Array.from(list, (one) => one.name ?? one.value);
  return isCheckable(control) ? control.checked : (control.value ?? control.innerText);
}

/** @param {any} control @returns {boolean} */
export const isCheckable = ({ type }) => /^(checkbox|radio)$/.test(type);

/** Whether it is for clicks, or for reading: its value is nothing that is filled in. @param {any} control @returns {boolean} */
export const isButton = ({ type }) => /^(submit|image|reset|button|output)$/.test(type);
