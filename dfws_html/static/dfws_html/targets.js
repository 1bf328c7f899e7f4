/** @file Where a call's answer goes, and what the controls held that were sent. */
import { CONTROLS, isTouched, touched, write } from "./controls.js";
import { controlValue, isCheckable } from "./forms.js";
import { get, invoke } from "./nodes.js";
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
 * @param {Element} target
 * @returns {() => Element | null} the same at another time: itself, or who has its id now
 */
export function remember(target) {
  const id = get(target, "id");
  return () => (get(target, "isConnected") ? target : document.getElementById(id));
}

/** @param {any} control */
const holding = (control) => [controlValue(control, null)].flat();

/**
 * A control and who takes its place have one.
 * @param {any} control
 */
const keyOf = (control) =>
  `${[control.id, control.name, control.type, isCheckable(control) && control.value]}`;

/**
 * What the controls hold that a call sends, to be taken when it is sent.
 * @param {HTMLFormElement | false | null | undefined} form
 * @param {Element | false | null | undefined} control
 */
export function snapshot(form, control) {
  const recall = form ? remember(form) : () => null;
  /** @returns {any[]} */
  const controls = () => {
    const home = recall();
    return [...(home ? get(home, "elements") : []), control].filter(
      (one) => one && invoke(one, "matches", CONTROLS),
    );
  };
  const values = new Map(controls().map((one) => [keyOf(one), `${holding(one)}`]));
  /** @param {any} one */
  const isAsSent = (one) => values.get(keyOf(one)) === `${holding(one)}`;
  return {
    /**
     * What the user has typed since is his.
     * @param {any} one
     * @returns {boolean} whether the answer may write it
     */
    mayWrite: (one) => !isTouched(one) || isAsSent(one),
    /**
     * The server has taken what was sent; what was typed since stays, even if the form is emptied.
     * @param {boolean} empty
     */
    settle(empty) {
      const later = controls().flatMap((one) => {
        if (!isAsSent(one)) return { one, values: holding(one) };
        touched.delete(one);
        return [];
      });
      const home = empty && recall();
      if (!home) return;
      invoke(home, "reset");
      for (const { one, values } of later) {
        write(one, values);
        touched.add(one);
      }
    },
  };
}
