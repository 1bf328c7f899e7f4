/** @file Which numbered frames this window still lacks: a position per topic. */

/** Applied numbers are remembered: one that a topic still lacks may have come by another. */
const REMEMBERED = 4096;

/** Of the history that the positions belong to. */
export let life = "";
/** By topic index; a void one is undefined: JSON leaves it out. @type {Record<number, any>} */
export let positions = {};
/** Position of every topic when the page was rendered. @type {number | undefined} */
let base;
/** @type {number[]} */
let applied = [];

/**
 * Another life voids every position that does not come with it.
 * @param {string} next
 */
export const adopt = (next) => next === life || begin(next);

/**
 * The page stands where it was rendered.
 * @param {string} next life of the history
 * @param {number} [position]
 */
export function begin(next, position) {
  life = next;
  base = position;
  applied = [];
  for (const index in positions) positions[index] = base;
}

/**
 * @param {(string | null)[]} topics ids by index; null is a hole
 * @param {Record<number, number>} [named] positions that the server names
 */
export function setTopics(topics, named = {}) {
  const before = positions;
  positions = {};
  topics.forEach((id, index) => {
    if (id) positions[index] = named[index] ?? before[index] ?? base;
  });
}

/**
 * Never lowers a position.
 * @param {number} number
 * @param {any[]} [topics] default: all
 */
export function raise(number, topics = Object.keys(positions)) {
  for (const index of topics) positions[index] = Math.max(positions[index] ?? number, number);
}

/**
 * Whether a frame is to be applied. It counts as applied from now on: nothing can come between, and a function that
 * throws must not bring it back.
 * @param {{o?: number, t?: number[]}} frame
 * @returns {boolean}
 */
export function take({ o, t = [] }) {
  if (o === undefined) return true;
  // Topics that the window has left since tell it nothing more.
  const heard = t.filter((index) => index in positions);
  if (applied.includes(o) || heard.every((index) => positions[index] >= o)) return false;
  if (applied.push(o) > REMEMBERED) applied.shift();
  raise(o, heard);
  return true;
}
