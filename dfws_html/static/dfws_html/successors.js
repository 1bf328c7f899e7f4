/** @file Who takes a control's place when a swap removes it: by id, else by form and name. */
import { isCheckable } from "./forms.js";
import { get } from "./nodes.js";
import { CONTROLS } from "./touched.js";

/**
 * To be asked before the swap; the answer is looked up after it.
 * @param {any} element
 * @returns {() => any} finds the successor, or nothing; the element itself if it is still there
 */
export function successorOf(element) {
  const { form, name } = element;
  const place = [...document.forms].indexOf(form);
  const rank = alike(form, element).indexOf(element);
  return () =>
    element.isConnected
      ? element
      : (document.getElementById(get(element, "id")) ??
        (name && alike(form?.isConnected === false ? document.forms[place] : form, element)[rank]));
}

/**
 * Controls of a form that mean the same field; boxes and radios also share their value.
 * @param {HTMLFormElement | null} form
 * @param {any} element
 * @returns {any[]}
 */
const alike = (form, { name, type, value }) =>
  [...(form ? get(form, "elements") : document.querySelectorAll(CONTROLS))].filter(
    (other) =>
      other.form === form &&
      other.name === name &&
      other.type === type &&
      (!isCheckable(other) || other.value === value),
  );
