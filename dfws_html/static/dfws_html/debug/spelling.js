/** @file Words that were mistyped: a key or modifier of the attribute, and the names of attributes themselves. */
import { fail } from "../events.js";

const WORDS =
  "name on form value include opts prevent target swap sync busy disable confirm optimistic reset timeout task once changed delay throttle from consume capture passive key threshold rootMargin".split(
    " ",
  );

const ATTRIBUTES = /^data-df-((signal|keep|status|live|component)$|text-)/;

const told = new Set();

/**
 * @param {string} one
 * @param {string} other
 * @returns {number} letters to add, to take away or to exchange
 */
function distance(one, other) {
  let row = [...`${other} `].map((_, index) => index);
  [...one].forEach((letter, line) => {
    const before = row;
    row = [line + 1];
    for (let at = 0; at < other.length; at++) {
      const same = letter === other[at] ? 0 : 1;
      row.push(Math.min(before[at] + same, before[at + 1] + 1, row[at] + 1));
    }
  });
  return /** @type {number} */ (row.pop());
}

/**
 * @param {unknown} message of an attribute that can't be read
 * @returns {string} what may have been meant by its word, empty if nothing is like it
 */
export function suggest(message) {
  const [, word = ""] = /^Error: (\w+)/.exec(`${message}`) ?? [];
  if (WORDS.includes(word)) return ` \`${word}\` can't hold what is written.`;
  const near = WORDS.find((known) => distance(word, known) < 3);
  return word && near ? ` Is \`${near}\` meant?` : "";
}

/** Each name once. */
function look() {
  const found = document.evaluate("//@*[starts-with(name(),'data-df-')]", document, null, 7);
  for (let rank = 0; rank < found.snapshotLength; rank++) {
    const { name, ownerElement: element } = /** @type {Attr} */ (found.snapshotItem(rank));
    if (element === document.documentElement || ATTRIBUTES.test(name) || told.has(name)) continue;
    told.add(name);
    fail("attribute-name", name, { element: /** @type {Element} */ (element) }, "debug");
  }
}

export function begin() {
  addEventListener("load", look, true);
  addEventListener("DOMContentAdded", look, true);
}
