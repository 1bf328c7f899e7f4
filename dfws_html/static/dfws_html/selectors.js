/** @file Extended selectors, with htmx's words: `this`, `closest x`, `find x`, `next x`, `previous x`, else CSS. */
import { get, invoke } from "./nodes.js";

/**
 * @param {Element} element
 * @param {string} css
 * @param {number} side where they are, and not around or inside: DOCUMENT_POSITION_PRECEDING or FOLLOWING
 */
const along = (element, css, side) =>
  [...document.querySelectorAll(css)].filter(
    (other) => invoke(element, "compareDocumentPosition", other) === side,
  );

/** @type {Record<string, (element: Element, css: string) => Element | null | undefined>} */
const WAYS = {
  closest: (element, css) => invoke(element, "closest", css),
  find: (element, css) => invoke(element, "querySelector", css),
  next: (element, css) => along(element, css, 4)[0],
  previous: (element, css) => along(element, css, 2).pop(),
};

/**
 * The elements that a selector finds, seen from an element: all for CSS, else the one; throws if it can't be read.
 * @param {Element} element
 * @param {string} text
 * @returns {Element[]}
 */
export function findAll(element, text) {
  const [, way, css] = /^(this|closest|find|next|previous)(?:\s+(.+))?$/s.exec(text.trim()) ?? [];
  if (!way) return [...document.querySelectorAll(text)];
  const found = css
    ? WAYS[way]?.(element, css)
    : way === "this"
      ? element
      : get(element, `${way}ElementSibling`);
  return found ? [found] : [];
}

/**
 * The first of them.
 * @param {Element} element
 * @param {string} text
 * @returns {Element | null}
 */
export const find = (element, text) => findAll(element, text)[0] ?? null;
