/** @file Marks of what is in flight: counted for each element, and gone without a trace. */
import { get, invoke, setAttribute } from "./nodes.js";

/** By element and attribute: by how many it is held, and what it was. @type {WeakMap<Element, Record<string, {count: number, before: string | null}>>} */
const marks = new WeakMap();

/**
 * @param {Element} element
 * @returns {string[]} names of the attributes that are not the server's to write now
 */
export const held = (element) => Object.keys(marks.get(element) ?? {});

/**
 * @param {any[]} mark element, name of an attribute, and its value until the last one lets go; what others make of it
 *   meanwhile stays
 * @returns {() => void} lets go
 */
function hold([element, name, value]) {
  const own = marks.get(element) ?? {};
  marks.set(element, own);
  const read = () => invoke(element, "getAttribute", name);
  own[name] ??= { count: 0, before: read() };
  const mark = own[name];
  const classes = name === "class" && get(element, "classList");
  mark.count++;
  if (classes) classes.add(value);
  else invoke(element, "setAttribute", name, value);
  return () => {
    if (--mark.count) return;
    delete own[name];
    if (classes) classes.remove(value);
    if (classes ? !classes.length : read() === value) {
      setAttribute(element, name, classes ? null : mark.before);
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
 * @param {Element[]} buttons that would submit once more; disabled ones would lose the focus
 * @param {Element | null | undefined} disabled
 * @returns {() => void} takes the marks away
 */
export function mark(element, region, buttons, disabled) {
  const giveBack = disabled?.contains(document.activeElement) && lendFocus();
  const holds = [
    [element, "class", "df-busy"],
    [region, "aria-busy", "true"],
    [disabled, "disabled", ""],
    ...buttons.map((button) => [button, "aria-disabled", "true"]),
  ].flatMap((one) => (one[0] ? hold(one) : []));
  return () => {
    for (const letGo of holds) letGo();
    if (giveBack) giveBack();
  };
}
