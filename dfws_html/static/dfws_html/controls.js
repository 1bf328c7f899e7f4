/** @file What stands in controls: which of it the user has typed, and how it is written. */
import { isCheckable } from "./forms.js";
import { get, invoke } from "./nodes.js";
import { watchComposing } from "./turns.js";

export const CONTROLS = "input,textarea,select";

/** @param {any} root @param {string} css @returns {any[]} it, and what is found in it */
export const within = (root, css) => [
  root,
  ...(get(root, "querySelectorAll")?.call(root, css) ?? []),
];

/** @param {Element} root @returns {any[]} the controls of a form, or of a part of one */
export const fieldsOf = (root) => get(root, "elements") ?? within(root, CONTROLS);

/** What the user has changed belongs to him, not to the server. @type {WeakSet<any>} */
export const touched = new WeakSet();

/**
 * What controls have in common that may take each other's place; boxes and radios also share their value.
 * @param {any} one
 */
export const field = (one) => `${one.type},${one.name},${isCheckable(one) && one.value}`;

/**
 * Radios of a name count as one.
 * @param {any} element
 * @returns {any[]} it, and those that count with it
 */
export const groupOf = (element) => [
  element,
  .../** @type {any[]} */ (
    element.type === "radio" ? [...document.getElementsByName(element.name)] : []
  ).filter(({ form }) => form === element.form),
];

/**
 * @param {any} element
 * @returns {boolean}
 */
export const isTouched = (element) =>
  groupOf(element).some((one) => touched.has(one)) ||
  get(element, "files")?.length ||
  element.validity?.badInput ||
  invoke(element, "matches", ":autofill");

export const isAnyTouched = () => [...document.querySelectorAll(CONTROLS)].some(isTouched);

/** @param {any} form */
export function untouch(form) {
  for (const control of fieldsOf(form)) touched.delete(control);
}

/** Typed before this script ran, or brought back by the browser. */
function recall() {
  for (const control of /** @type {NodeListOf<any>} */ (document.querySelectorAll(CONTROLS))) {
    const { type, value, defaultValue } = control;
    if (/^(text|search|tel|password)/.test(type) && value !== defaultValue) touched.add(control);
  }
}

/** Watches what the user does from now on; no `change` of his comes without an `input`. */
export function watchTyping() {
  addEventListener("input", ({ isTrusted, target }) => isTrusted && touched.add(target), true);
  addEventListener("reset", ({ defaultPrevented, target }) => defaultPrevented || untouch(target));
  addEventListener("pageshow", recall);
  watchComposing();
  recall();
}

/**
 * @param {any} control
 * @param {any[]} values what it is to hold; with several, a text takes the first of them away
 */
export function write(control, values) {
  const [first = ""] = values;
  /** @param {any} option */
  const isMeant = ({ value }) => values.map(String).includes(value);
  if (isCheckable(control)) {
    control.checked = typeof first === "boolean" ? first : isMeant(control);
  } else if (control.options) {
    // A single choice that is not offered any more leaves the server's own.
    for (const option of control.options) {
      if (control.multiple || isMeant(option)) option.selected = isMeant(option);
    }
  } else {
    // Written again, it would lose caret and history.
    if (control.value !== `${first}` || control.validity.badInput) control.value = first;
    if (values.length > 1) values.shift();
  }
}

/**
 * Several values of one name are a list, as a form itself sends them. They are the page's now, not the user's.
 * @param {Element} root
 * @param {{name: string, value: any}[]} values
 */
export function setFields(root, values) {
  /** @type {Map<string, any[]>} */
  const lists = new Map();
  for (const { name, value } of values) {
    lists.set(name, (lists.get(name) ?? []).concat(value ?? ""));
  }
  for (const control of fieldsOf(root)) {
    const list = lists.get(control.name);
    if (!list || control.type === "file") continue;
    touched.delete(control);
    write(control, list);
  }
}
