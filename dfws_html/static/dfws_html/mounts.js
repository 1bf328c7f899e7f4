/** @file Code of the page that lives as long as an element does. */
import { attempt } from "./events.js";

/**
 * Runs a function for each element that a selector finds, those that arrive later included.
 * @param {string} selector
 * @param {(element: any) => void | (() => void)} fn what it returns is called once the element has left
 * @returns {() => void} ends it: all are cleaned up
 */
export function mount(selector, fn) {
  /** @type {Map<Element, (() => void) | void>} */
  const mounted = new Map();
  /** @param {(element: Element) => boolean} isKept */
  const clean = (isKept) => {
    for (const [element, end] of mounted) {
      if (isKept(element)) continue;
      mounted.delete(element);
      attempt("mount", { element }, () => end?.());
    }
  };
  const look = () => {
    clean(({ isConnected }) => isConnected);
    for (const element of document.querySelectorAll(selector)) {
      if (mounted.has(element)) continue;
      mounted.set(
        element,
        attempt("mount", { element }, () => fn(element)),
      );
    }
  };
  look();
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    clean(() => false);
  };
}
