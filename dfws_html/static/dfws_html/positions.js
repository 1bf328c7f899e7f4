/** @file Which numbered frames this window still lacks: a position per topic. */

const VOID = -1;
/** Applied numbers are remembered above the lowest position; an idle topic must not let them pile up. */
const REMEMBERED = 4096;

/** Of the history that the positions belong to. */
export let life = "";
/** Position of every topic when the page was rendered. */
let base = VOID;
/** @type {Map<number, number>} */
let known = new Map();
/** @type {Set<number>} */
const applied = new Set();

/**
 * Another life voids every position that does not come with it.
 * @param {string} next
 * @param {number} [position]
 */
export function adopt(next, position = VOID) {
  if (next === life) return;
  life = next;
  base = position;
  applied.clear();
  for (const index of known.keys()) known.set(index, VOID);
}

/**
 * @param {(string | null)[]} topics ids by index; null is a hole
 * @param {Record<number, number>} [named] positions that the server names
 */
export function setTopics(topics, named = {}) {
  const before = known;
  known = new Map();
  topics.forEach((id, index) => {
    if (id) known.set(index, named[index] ?? before.get(index) ?? base);
  });
}

/**
 * Never lowers a position.
 * @param {number} number
 * @param {Iterable<number>} [topics] default: all
 */
export function raise(number, topics = known.keys()) {
  for (const index of topics) {
    if (positionOf(index) < number && known.has(index)) known.set(index, number);
  }
  const lowest = Math.min(...known.values());
  for (const one of applied) if (one <= lowest || applied.size > REMEMBERED) applied.delete(one);
}

/**
 * Applies a frame unless it was applied before; its position moves after that.
 * @param {number} number
 * @param {number[]} topics
 * @param {() => void} apply
 */
export function once(number, topics, apply) {
  if (applied.has(number) || !topics.some((index) => positionOf(index) < number)) return;
  try {
    apply();
  } finally {
    applied.add(number);
    raise(number, topics);
  }
}

/** @returns {Record<number, number>} for the hello */
export const positions = () =>
  Object.fromEntries([...known].filter(([, position]) => position > VOID));

/** @param {number} index */
const positionOf = (index) => known.get(index) ?? VOID;
