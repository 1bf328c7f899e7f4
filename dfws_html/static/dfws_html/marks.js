/** @file Marks of what is in flight: counted for each element, and gone without a trace. */
import { get, invoke, removeClass, setAttribute } from "./nodes.js";

/** By element and attribute: by how many it is held, with what value, and what it was. @type {WeakMap<Element, Record<string, {count: number, value: string, before: string | null}>>} */
const marks = new WeakMap();

/**
 * Marks stay over a morph: what the server says counts once they are gone, of classes at once.
 * @param {Element} element
 * @param {Element} fresh what it becomes
 */
export function remark(element, fresh) {
  const own = marks.get(element);
  for (const name in own) {
    own[name].before = invoke(fresh, "getAttribute", name);
    put(fresh, name, own[name].value);
  }
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
function put(element, name, value) {
  if (name === "class") get(element, "classList").add(value);
  else setAttribute(element, name, value);
}

/**
 * @param {any[]} mark element, name of an attribute, and its value until the last one lets go; what others make of it
 *   meanwhile stays
 * @returns {() => void} lets go
 */
function hold([element, name, value]) {
  const own = marks.get(element) ?? {};
  marks.set(element, own);
  const read = () => invoke(element, "getAttribute", name);
  own[name] ??= { count: 0, value, before: read() };
  const mark = own[name];
  mark.count++;
  put(element, name, value);
  return () => {
    if (--mark.count) return;
    delete own[name];
    if (name === "class") removeClass(element, value);
    else if (read() === value) setAttribute(element, name, mark.before);
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
 * @param {Element[]} buttons that would submit once more; disabled ones would lose the focus
 * @param {Element | null | undefined} disabled
 * @returns {() => void} takes the marks away
 */
export function mark(element, region, buttons, disabled) {
  const giveBack = disabled?.contains(document.activeElement) && lendFocus();
  const holds = [
    [element, "class", "df-busy"],
    [region, "aria-busy", "true"],
    [disabled, "disabled", "true"],
    ...buttons.map((button) => [button, "aria-disabled", "true"]),
  ]
    .filter(([one]) => one)
    .map(hold);
  return () => {
    for (const letGo of holds) letGo();
    if (giveBack) giveBack();
  };
}
