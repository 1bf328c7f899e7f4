/** @file What the user holds survives a swap: an element that leaves hands its text, its focus and its calls to its successor. */
import { bequeath } from "./attribute.js";
import { CONTROLS, field, groupOf, isTouched, touched, within, write } from "./controls.js";
import { controlValue } from "./forms.js";
import { current, get, invoke } from "./nodes.js";

/**
 * To be called before the swap.
 * @param {Element[]} leaving
 * @param {Element} target whose controls may change without leaving
 * @param {(control: any) => boolean} mayWrite
 * @param {() => Element | null} wished what gets the focus if that has no successor
 * @returns {(() => void)[]} to be called after it
 */
export function keep(leaving, target, mayWrite, wished) {
  const all = leaving.flatMap((root) => within(root, "*"));
  const typed = [...new Set([...all, ...within(target, CONTROLS)].flatMap(groupOf))].filter(
    isTouched,
  );
  const given = typed.filter(mayWrite);
  for (const control of given) touched.delete(control);
  return [
    ...all.map(bequeath),
    ...typed.filter((control) => !given.includes(control)).map(keepTyping),
    // What is moved loses the focus, too, in browsers without `moveBefore`.
    ...[document.activeElement]
      .filter(
        (one) => one !== document.body && (all.includes(one) || invoke(target, "contains", one)),
      )
      .map((one) => keepFocus(one, wished)),
  ];
}

/**
 * Who takes an element's place if it leaves: by id, else by form and name.
 * @param {any} element
 * @returns {() => any} finds it after the swap, or nothing
 */
function successorOf(element) {
  const { form } = element;
  const place = [...document.forms].indexOf(form);
  /** @param {HTMLFormElement | null} home */
  const alike = (home) =>
    [.../** @type {NodeListOf<any>} */ (document.querySelectorAll("[name]"))].filter(
      (other) => other.form === home && field(other) === field(element),
    );
  const rank = alike(form).indexOf(element);
  return () => {
    const heir = current(element);
    return get(heir, "isConnected")
      ? heir
      : alike(form?.isConnected ? form : (document.forms[place] ?? null))[rank];
  };
}

/** @param {any} control */
export function keepTyping(control) {
  const find = successorOf(control);
  const values = [controlValue(control, null)].flat();
  const { badInput = true } = control.validity ?? {};
  return () => {
    const heir = find();
    if (heir?.type !== control.type) return;
    if (control.type === "file" || badInput) {
      if (heir !== control) heir.replaceWith(control); // its content can't be written by a script
    } else {
      write(heir, values);
    }
    touched.add(heir);
  };
}

/**
 * @param {any} element that has the focus
 * @param {() => Element | null} wished
 */
function keepFocus(element, wished) {
  const { selectionStart, selectionEnd, selectionDirection, scrollTop } = element;
  const find = successorOf(element);
  // A range moves to where its element was when that is removed.
  const spot = new Range();
  spot.setStart(element, 0);
  return () => {
    if (document.activeElement !== document.body) return;
    const heir = find();
    const all = [.../** @type {NodeListOf<any>} */ (document.querySelectorAll("*"))].filter(
      ({ tabIndex }) => tabIndex >= 0,
    );
    const next = all.filter((other) => spot.comparePoint(other, 0) > 0);
    if (![heir, wished(), ...next, ...all.reverse()].some(focus)) {
      /** @type {any} */
      const region = spot.startContainer;
      region.tabIndex = -1;
      focus(region);
    }
    if (document.activeElement !== heir) return;
    heir.scrollTop = scrollTop;
    if (heir.selectionStart != null) {
      heir.setSelectionRange(selectionStart, selectionEnd, selectionDirection);
    }
  };
}

/**
 * @param {any} element
 * @returns {boolean} whether it took the focus: what is disabled or hidden does not
 */
export function focus(element) {
  element?.focus({ preventScroll: true });
  return element === document.activeElement;
}
