/** @file Focus, caret and selection survive a swap; focus is never lost to the body in silence. */
import { invoke } from "./nodes.js";
import { successorOf } from "./successors.js";

/** @returns {any[]} in document order */
const focusable = () =>
  [.../** @type {NodeListOf<any>} */ (document.querySelectorAll("*"))].filter(
    ({ tabIndex }) => tabIndex >= 0,
  );

/**
 * @param {any} element
 * @returns {boolean} whether it took the focus: what is disabled or hidden does not
 */
function focus(element) {
  if (!element) return false;
  element.focus({ preventScroll: true });
  return element === document.activeElement;
}

/**
 * @param {Element[]} leaving elements that a swap is about to remove
 * @returns {() => void} to be called after it
 */
export function keepFocus(leaving) {
  /** @type {any} */
  const active = document.activeElement;
  const region = leaving.find((root) => invoke(root, "contains", active))?.parentElement;
  if (!region) return () => {};
  const { selectionStart, selectionEnd, selectionDirection, scrollTop } = active;
  const find = successorOf(active);
  const before = focusable();
  before.length = before.indexOf(active) + 1;
  return () => {
    if (document.activeElement !== document.body) return;
    const heir = find();
    if (focus(heir)) {
      heir.scrollTop = scrollTop;
      if (selectionStart != null) {
        heir.setSelectionRange?.(selectionStart, selectionEnd, selectionDirection);
      }
      return;
    }
    const all = focusable();
    const next = all.indexOf(before.filter((element) => element.isConnected).pop()) + 1;
    if ([...all.slice(next), ...all.slice(0, next).reverse()].some(focus)) return;
    region.tabIndex = -1;
    focus(region);
  };
}
