/** @file Calls from their event to their one outcome: done, error, undelivered or unknown. */
import { now } from "./clock.js";
import { emit, report } from "./events.js";
import { life } from "./positions.js";
import { c, limit, token } from "./session.js";
import { isClosed, send } from "./socket.js";

const WAITING = 100; // unacknowledged calls
const WAITING_BYTES = 262144;
const AGE = 60000; // of an unacknowledged call
const TIMEOUT = 30000; // from the acknowledgement to the answer
const LATE = 600000; // what comes of a call whose end was told: longer than the server keeps answers

/**
 * @typedef {object} Call
 * @property {number} n
 * @property {string} text of the frame; empty once it is acknowledged
 * @property {import("./events.js").Detail} detail of its events
 * @property {boolean} [reply] whether a result is awaited
 * @property {number} [sup] the call that it supersedes
 * @property {number} [timeout]
 * @property {boolean} local whether a function of the page ran too: then the server need not know the signal
 */

/**
 * @typedef {object} Hooks
 * @property {Settle} settle at the end; a call without a wish for an answer may still fail
 * @property {() => void} [acked]
 * @property {(signal: string) => void} [caused] before each signal that the call caused
 */

/** @typedef {(detail: import("./events.js").Detail) => void} Settle the detail has a `code` unless the call is done */

/**
 * @typedef {object} Sending
 * @property {number} since when it was made, or acknowledged
 * @property {number} sent times
 * @property {string} [life] it was first sent in
 * @property {boolean} [over] its end has been told: what still comes is late
 * @property {boolean} [muted] what it causes is not wanted any more
 */

/** @typedef {Call & Hooks & Sending} Entry */

/** @type {Map<number | null | undefined, Entry>} */
const entries = new Map();

/** Calls that ended without a word: their failure would still be news. @type {Set<number | null>} */
const quiet = new Set();

/** @param {Call & Hooks} call */
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
 * @param {Entry} entry
 * @param {boolean} [sending]
 */
function advance(entry, sending) {
  const { n, text, detail, reply, timeout, since, over } = entry;
  const age = now() - since;
  if (isClosed() || age > (over ? LATE : text ? AGE : (timeout ?? TIMEOUT))) {
    if (over || (!text && !reply)) {
      // Without a wish for an answer the call was done when acknowledged; it stayed so that a failure finds it.
      entries.delete(n);
      if (!over) quiet.add(n);
      entry.settle({});
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

/** Whether nothing that was sent waits for its acknowledgement. */
export const isAcknowledged = () => ![...entries.values()].some(({ text, sent }) => text && sent);

/** Another window hears of no outcome: what was sent may have run. */
export function endAll() {
  for (const entry of [...entries.values()]) {
    const { n, text, reply, sent, over } = entry;
    if (!sent) continue;
    if (text || reply) settle(n, "unknown", { code: "window" });
    else if (!over) entry.settle({});
    entries.delete(n);
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
  entry.acked?.();
}

/**
 * @param {string} [call] `c.n`
 * @returns {number | undefined} its number, if this load of the page has made it
 */
export function numberOf(call = "") {
  const [load, n] = call.split(".");
  return load === c ? +n : undefined;
}

/**
 * Whether a signal of the server is still wanted. One that went to others as well always is.
 * @param {{signal: string, re?: string, t?: number[]}} frame
 * @returns {boolean}
 */
export function isWanted({ signal, re, t }) {
  const entry = entries.get(numberOf(re));
  entry?.caused?.(signal);
  return !entry?.muted || `${t}` !== "0";
}

/**
 * Ends a call whose outcome nobody waits for any more.
 * @param {number | undefined} n
 * @param {"superseded" | "cancelled"} code
 * @returns {number | undefined} the call that the server is to hear of, if any
 */
export function abandon(n, code) {
  const entry = entries.get(n);
  if (!entry || entry.over) return;
  close(entry);
  entry.muted = true;
  emit(code, { ...entry.detail, code });
  entry.settle({ code });
  return entry.sent ? n : entry.sup;
}

/** @param {string} call `c.n` */
export function cancel(call) {
  const n = abandon(numberOf(call), "cancelled");
  if (n) send(JSON.stringify({ df: "cancel", n }));
}

/**
 * What was sent is remembered, as something may still come of it.
 * @param {Entry} entry
 */
function close(entry) {
  entry.over = true;
  entry.text = "";
  entry.since = now();
  if (!entry.sent) entries.delete(entry.n);
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
  if (entry ? entry.over : n != null && !quiet.delete(n)) return;
  const detail = { ...entry?.detail, message: answer.code, ...answer };
  const kind = entry && entry.sent >= doubt ? "unknown" : outcome;
  // A signal that functions of the page answered need not be known to the server, nor have one.
  const expected = entry?.local && /no-window|errorunknown/.test(kind + answer.code);
  if (kind === "unknown" && entry) close(entry);
  else entries.delete(n);
  if (expected) emit("done", entry.detail);
  else if (kind !== "done") report(kind, detail);
  else if (entry) emit(kind, detail);
  entry?.settle(expected ? {} : detail);
}
