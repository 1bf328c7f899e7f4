/** @file A bad network on purpose: late, cut and doubled frames, kept over reloads of this tab. */
import { cut, disturb } from "./wire.js";

const KEY = "dfws.chaos";

/**
 * @typedef {object} Chaos
 * @property {number} latency milliseconds that each frame is late
 * @property {number} jitter up to so many more; the order stays, as on a real connection
 * @property {number} cut chance from 0 to 1 that a frame is lost, and the connection with it
 * @property {number} duplicate chance from 0 to 1 that a frame of the server comes twice
 */

/** @type {Chaos} */
const CALM = { latency: 0, jitter: 0, cut: 0, duplicate: 0 };

/** @type {Chaos} */
let weather = { ...CALM };
/** Frames that are late, by way: each waits for the one before it. */
const late = { in: 0, out: 0 };
const lines = { in: Promise.resolve(), out: Promise.resolve() };

/**
 * Sets the weather; what is not named is calm again.
 * @param {Partial<Chaos>} [wanted] default: only tells it
 * @returns {Chaos}
 */
export function chaos(wanted) {
  if (wanted) {
    for (const name in wanted) {
      if (!(name in CALM)) throw new TypeError(`${name}: chaos knows ${Object.keys(CALM)}`);
    }
    weather = { ...CALM, ...wanted };
    sessionStorage[KEY] = JSON.stringify(weather);
  }
  return { ...weather };
}

/** Goes on where the page before this one stopped. */
export function begin() {
  try {
    weather = { ...CALM, ...JSON.parse(sessionStorage[KEY] ?? "{}") };
  } catch {
    weather = { ...CALM };
  }
  disturb((way, go) => {
    const { latency, jitter, duplicate } = weather;
    if (Math.random() < weather.cut) {
      cut();
      return;
    }
    const times = way === "in" && Math.random() < duplicate ? 2 : 1;
    const pause = latency + jitter * Math.random();
    for (let time = 0; time < times; time++) {
      if (pause || late[way]) wait(way, performance.now() + pause, go);
      else go();
    }
  });
}

/**
 * @param {keyof typeof lines} way
 * @param {number} due
 * @param {() => void} go
 */
function wait(way, due, go) {
  late[way]++;
  lines[way] = lines[way]
    .then(() => new Promise((done) => setTimeout(done, due - performance.now())))
    .then(() => {
      late[way]--;
      go();
    });
}
