/** @file Words that were mistyped: a key or modifier of the attribute, and the names of attributes themselves. */
import { fail } from "../events.js";

const WORDS =
  "name on form value include opts prevent target swap sync busy disable confirm optimistic reset timeout task once changed delay throttle from consume capture passive key threshold rootMargin".split(
    " ",
  );

/** Words of htmx, and what is written here. */
const HABITS = new Map(
  Object.entries({
    trigger: "`on`",
    indicator: "`busy`",
    vals: "`opts`",
    "disabled-elt": "`disable`",
    queue: "`sync`",
    innerMorph: "`morph`",
    outerMorph: "`morph:outer`",
    swap: "`transition`",
    settle: "the class `df-added`",
    show: "`html.scroll`",
  }),
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
  const [, word = ""] = /^Error: ([\w-]+)/.exec(`${message}`) ?? [];
  if (WORDS.includes(word)) return ` \`${word}\` can't hold what is written.`;
  const habit = translate(word);
  if (habit) return habit;
  const near = WORDS.find((known) => distance(word, known) < 3);
  return word && near ? ` Is \`${near}\` meant?` : "";
}

/** @param {string} word @returns {string} empty if it is none of htmx's */
const translate = (word) =>
  HABITS.has(word) ? ` \`${word}\` is htmx's: here it is ${HABITS.get(word)}.` : "";

/**
 * @param {unknown} message of a swap or sync that can't be read
 * @returns {string} what its words of htmx are here
 */
export function translateAll(message) {
  const [, scope, way] = /^Error: (.+):(drop|replace|queue.*)$/.exec(`${message}`) ?? [];
  if (way) return ` Write \`${way}${scope === "this" ? "" : ` ${scope}`}\`.`;
  return `${message}`.split(/\s+|:/).map(translate).join("");
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
