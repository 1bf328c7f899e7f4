/** @file Marks of what is in flight: counted for each element, and gone without a trace. */
import { get, invoke, setAttribute } from "./nodes.js";

/**
 * @typedef {object} Mark
 * @property {number} count of those who hold it
 * @property {string | null} before
 * @property {string} value
 */

/** By element and attribute. @type {WeakMap<Element, Record<string, Mark>>} */
const marks = new WeakMap();

/**
 * @param {Element} element
 * @returns {string[]} names of the attributes that are not the server's to write now
 */
export const held = (element) => Object.keys(marks.get(element) ?? {});

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value what the attribute is until the last one lets go; what others make of it meanwhile stays
 * @returns {() => void} lets go
 */
function hold(element, name, value) {
  const own = marks.get(element) ?? {};
  marks.set(element, own);
  const before = invoke(element, "getAttribute", name);
  own[name] ??= {
    count: 0,
    before,
    value: name === "class" && before ? `${before} ${value}` : value,
  };
  const mark = own[name];
  if (!mark.count++) invoke(element, "setAttribute", name, mark.value);
  return () => {
    if (--mark.count) return;
    delete own[name];
    if (invoke(element, "getAttribute", name) === mark.value) {
      setAttribute(element, name, mark.before);
    } else if (name === "class") {
      get(element, "classList").remove(value);
    }
  };
}

/** @returns {() => void} gives the focus back to who has it now, unless somebody else has got it */
export function lendFocus() {
  /** @type {any} */
  const active = document.activeElement;
  return () => {
    if (document.activeElement === document.body) active?.focus({ preventScroll: true });
  };
}

/**
 * @param {Element} element that makes the call
 * @param {Element | null | undefined} region that the answer changes
 * @param {Iterable<Element>} buttons that would submit once more; disabled ones would lose the focus
 * @param {Element | null | undefined} disabled
 * @returns {() => void} takes the marks away
 */
export function mark(element, region, buttons, disabled) {
  const giveBack = disabled?.contains(document.activeElement) && lendFocus();
  const holds = [hold(element, "class", "df-busy")];
  for (const button of buttons) holds.push(hold(button, "aria-disabled", "true"));
  if (region) holds.push(hold(region, "aria-busy", "true"));
  if (disabled) holds.push(hold(disabled, "disabled", ""));
  return () => {
    for (const letGo of holds) letGo();
    if (giveBack) giveBack();
  };
}
