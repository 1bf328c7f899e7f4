/** @file Where a call's answer goes, and what the controls held that were sent. */
import { CONTROLS, field, isTouched, touched } from "./controls.js";
import { controlValue } from "./forms.js";
import { keepTyping } from "./keeping.js";
import { current, get, invoke } from "./nodes.js";
import { find } from "./selectors.js";

/**
 * @param {Element} element
 * @param {string} text an extended selector
 * @returns {Element} throws if there is none
 */
export function seek(element, text) {
  const found = find(element, text);
  if (!found) throw new Error(text);
  return found;
}

/**
 * What the controls hold that a call sends, to be taken when it is sent.
 * @param {Element | false | null | undefined} [root] a form, or a control
 */
export function snapshot(root) {
  /** @returns {any[]} */
  const controls = () => {
    const home = root && current(root);
    return home
      ? [...(get(home, "elements") ?? [home])].filter((one) => one.matches(CONTROLS))
      : [];
  };
  // A control and who takes its place have the same key.
  /** @param {any} one */
  const keyOf = (one) => one.id + field(one);
  const values = new Map(controls().map((one) => [keyOf(one), `${controlValue(one, null)}`]));
  /**
   * What the user has typed since is his.
   * @param {any} one
   * @returns {boolean} whether the answer may write it
   */
  const mayWrite = (one) =>
    !isTouched(one) || values.get(keyOf(one)) === `${controlValue(one, null)}`;
  return {
    mayWrite,
    /**
     * The server has taken what was sent; what was typed since stays, even if the form is emptied.
     * @param {unknown} empty
     */
    settle(empty) {
      const all = controls();
      const later = all.filter((one) => !mayWrite(one)).map(keepTyping);
      for (const one of all) touched.delete(one);
      if (empty) invoke(current(/** @type {Element} */ (root)), "reset");
      for (const restore of later) restore();
    },
  };
}
