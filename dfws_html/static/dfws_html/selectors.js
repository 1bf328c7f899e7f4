/** @file Extended selectors, with htmx's words: `this`, `closest x`, `find x`, `next x`, `previous x`, else CSS. */
import { get, invoke } from "./nodes.js";

/** @typedef {(element: Element, css: string) => Element | null | undefined} Way */

/** @type {(side: number) => Way} */
const along = (side) => (element, css) => {
  const all = [...document.querySelectorAll(css || "*")].filter(
    (other) => invoke(element, "compareDocumentPosition", other) === side, // not what is around or inside
  );
  return side === Node.DOCUMENT_POSITION_PRECEDING ? all.pop() : all[0];
};

/** @type {Record<string, Way>} */
const WAYS = {
  this: (element) => element,
  closest: (element, css) => invoke(element, "closest", css),
  find: (element, css) => invoke(element, "querySelector", css),
  next: (element, css) =>
    css
      ? along(Node.DOCUMENT_POSITION_FOLLOWING)(element, css)
      : get(element, "nextElementSibling"),
  previous: (element, css) =>
    css
      ? along(Node.DOCUMENT_POSITION_PRECEDING)(element, css)
      : get(element, "previousElementSibling"),
};

/**
 * The elements that a selector finds, seen from an element: all for CSS, else the one; throws if it can't be read.
 * @param {Element} element
 * @param {string} text
 * @param {(css: string) => Iterable<Element>} [query] answers CSS
 * @returns {Element[]}
 */
export function findAll(element, text, query = (css) => document.querySelectorAll(css)) {
  const [, way, css = ""] =
    /^(this|closest|find|next|previous)(?:\s+(.+))?$/s.exec(text.trim()) ?? [];
  return way ? [WAYS[way](element, css) ?? []].flat() : [...query(text)];
}

/**
 * The first of them.
 * @param {Element} element
 * @param {string} text
 * @returns {Element | null}
 */
export const find = (element, text) => findAll(element, text)[0] ?? null;
