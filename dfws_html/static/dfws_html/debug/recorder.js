/** @file What a window got, written down and played again. */
import { inject, watch } from "./wire.js";

/** @typedef {import("./wire.js").Noted} Noted */

/** @type {Noted[] | null} */
let tape = null;

watch((noted) => tape?.push(noted));

/**
 * Writes down what goes over the connection from now on.
 * @returns {() => Noted[]} stops, and gives what was written down
 */
export function record() {
  /** @type {Noted[]} */
  const mine = [];
  tape = mine;
  return () => {
    if (tape === mine) tape = null;
    return mine;
  };
}

/**
 * Shows once more what the server sent: signals only, as they came. The server gets nothing, and what the window has
 * and lacks stays as it is.
 * @param {Noted[]} frames that `record` gave
 * @param {{speed?: number}} [options] speed: 1 as it was (the default), Infinity all at once
 * @returns {Promise<number>} of signals
 */
export async function replay(frames, { speed = 1 } = {}) {
  let last = frames[0]?.at ?? 0;
  let count = 0;
  for (const { at, way, text } of frames) {
    if (way !== "in" || !text.includes('"signal"')) continue;
    const { o, t, ...frame } = JSON.parse(text);
    if (!frame.signal) continue;
    const pause = (at - last) / speed;
    if (pause > 0) await new Promise((done) => setTimeout(done, pause));
    last = at;
    inject(JSON.stringify(frame));
    count++;
  }
  return count;
}
