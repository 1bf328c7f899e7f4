/** @file Calls from their event to their one outcome: done, error, undelivered or unknown. */
import { now } from "./clock.js";
import { emit, report } from "./events.js";
import { life } from "./positions.js";
import { limit, token } from "./session.js";
import { isClosed, send } from "./socket.js";

const WAITING = 100; // unacknowledged calls
const WAITING_BYTES = 262144;
const AGE = 60000; // of an unacknowledged call
const TIMEOUT = 30000; // from the acknowledgement to the answer

/**
 * @typedef {object} Call
 * @property {number} n
 * @property {string} text of the frame; empty once it is acknowledged
 * @property {import("./events.js").Detail} detail of its events
 * @property {boolean} [reply] whether a result is awaited
 * @property {number} [timeout]
 * @property {boolean} local whether a function of the page ran too: then the server need not know the signal
 * @property {Settle} settle
 */

/** @typedef {(detail: import("./events.js").Detail) => void} Settle the detail has a `code` unless the call is done */

/**
 * @typedef {object} Sending
 * @property {number} since when it was made, or acknowledged
 * @property {number} sent times
 * @property {string} [life] it was first sent in
 */

/** @type {Map<number | null, Call & Sending>} */
const entries = new Map();

/** Calls that ended without a word: their failure would still be news. @type {Set<number | null>} */
const quiet = new Set();

/** @param {Call} call */
export function post(call) {
  const entry = { ...call, since: now(), sent: 0 };
  entries.set(call.n, entry);
  const texts = [...entries.values()].flatMap(({ text }) => text || []);
  if (texts.length > WAITING || new Blob(texts).size > WAITING_BYTES) drop(call.n, "full");
  else advance(entry, true);
}

/**
 * Ends what waited too long; to be called each second.
 * @param {boolean} [sending] after a welcome: what is not acknowledged goes out again, in order
 */
export function sweep(sending) {
  for (const entry of [...entries.values()]) advance(entry, sending);
}

/**
 * @param {Call & Sending} entry
 * @param {boolean} [sending]
 */
function advance(entry, sending) {
  const { n, text, detail, reply, timeout, since } = entry;
  if (isClosed() || now() - since > (text ? AGE : (timeout ?? TIMEOUT))) {
    // Without a wish for an answer the call was done when acknowledged; it stayed so that a failure finds it.
    if (!text && !reply) {
      entries.delete(n);
      quiet.add(n);
    } else drop(n, isClosed() ? (token ? "closed" : "no-window") : "timeout");
  } else if (text && sending) {
    if ((entry.life ?? life) !== life) {
      drop(n, "life");
    } else if (new Blob([text]).size > limit) {
      drop(n, "big");
    } else if (send(`${text.slice(0, -1)},"life":${JSON.stringify(life)}}`)) {
      entry.life = life;
      if (!entry.sent++) emit("sent", detail);
    }
  }
}

/**
 * @param {number} n
 * @param {string} code
 */
const drop = (n, code) => settle(n, "undelivered", { code }, 1);

/** @param {number} n */
export function acknowledge(n) {
  const entry = entries.get(n);
  if (!entry?.text) return;
  entry.text = "";
  entry.since = now();
  emit("ack", entry.detail);
}

/**
 * Ends a call, unless it has ended with a word.
 * @param {number | null} n null: a frame that the server could not read
 * @param {"done" | "error" | "undelivered" | "unknown"} outcome
 * @param {import("./events.js").Detail} answer
 * @param {number} [doubt] sent so often, it may have run: unknown
 */
export function settle(n, outcome, answer, doubt = Infinity) {
  const entry = entries.get(n);
  if (n != null && !entry && !quiet.delete(n)) return;
  entries.delete(n);
  const detail = { ...entry?.detail, message: answer.code, ...answer };
  const kind = entry && entry.sent >= doubt ? "unknown" : outcome;
  // A signal that functions of the page answered need not be known to the server, nor have one.
  const expected = entry?.local && /no-window|errorunknown/.test(kind + answer.code);
  if (kind === "done") {
    if (entry) emit(kind, detail);
  } else if (!expected) {
    report(kind, detail);
  }
  entry?.settle(detail);
}
