/** @file Calls from their event to their one outcome: done, refused, undelivered or unknown. */
import { emit, fail, report } from "./events.js";
import { life } from "./positions.js";
import { numberCall } from "./protocol.js";
import { session } from "./session.js";
import { isClosed, isOpen, send } from "./socket.js";

const WAITING = 100; // unacknowledged calls
const WAITING_BYTES = 262144;
const AGE = 60000; // of an unacknowledged call
const TIMEOUT = 30000; // from the acknowledgement to the answer

/**
 * @typedef {object} Call
 * @property {string} signal
 * @property {string} body encoded
 * @property {Element} [element]
 * @property {boolean} [reply] whether a result is awaited
 * @property {number} [timeout]
 * @property {boolean} local whether a function of the page ran too: then the server need not know the signal
 * @property {Settle} [settle]
 */

/** @typedef {(error: Error | null, result?: unknown) => void} Settle */

/**
 * @typedef {object} Sending
 * @property {number} n
 * @property {string} text
 * @property {number} size bytes
 * @property {number[]} since [wall, steady]: one clock jumps, the other may stop while the machine sleeps
 * @property {number} sent times
 * @property {string} [life] it was first sent in
 * @property {boolean} [acked]
 */

/** @typedef {Call & Sending} Entry */

/** @type {Map<number | null, Entry>} */
const entries = new Map();
let last = 0;

const clocks = () => [Date.now(), performance.now()];

/** @param {Call} call */
export function post(call) {
  const n = ++last;
  const text = numberCall(call.body, n);
  const size = new TextEncoder().encode(text).length;
  /** @type {Entry} */
  const entry = { ...call, n, text, size, since: clocks(), sent: 0 };
  const waiting = unacknowledged();
  const bytes = waiting.reduce((sum, other) => sum + other.size, size);
  entries.set(n, entry);
  if (isClosed()) end(entry, "undelivered", closedCode());
  else if (waiting.length < WAITING && bytes <= WAITING_BYTES) transmit(entry);
  else end(entry, "undelivered", "full");
}

/** After a welcome: what is not acknowledged goes out again, in order. */
export function resend() {
  sweep();
  for (const entry of unacknowledged()) {
    if (entry.sent && entry.life !== life) end(entry, "unknown", "life");
    else transmit(entry);
  }
}

/** Ends what waited too long; to be called each second. */
export function sweep() {
  const now = clocks();
  for (const entry of entries.values()) {
    const { since, acked, reply, timeout = TIMEOUT } = entry;
    const age = Math.max(...now.map((clock, index) => clock - since[index]));
    if (age <= (acked ? timeout : AGE)) continue;
    // Without a wish for an answer the call was done when acknowledged; it stayed so that a failure finds it.
    if (acked && !reply) entries.delete(entry.n);
    else end(entry, entry.sent ? "unknown" : "undelivered", "timeout");
  }
}

/** No connection will come any more. */
export function abandon() {
  for (const entry of entries.values()) {
    end(entry, entry.sent ? "unknown" : "undelivered", closedCode());
  }
}

/** @param {number} n */
export function acknowledge(n) {
  const entry = entries.get(n);
  if (!entry || entry.acked) return;
  entry.acked = true;
  entry.since = clocks();
  emit("ack", detailOf(entry));
}

/**
 * @param {number | null} n null: a frame that the server could not read
 * @param {string} code
 * @param {string} [message]
 */
export function refuse(n, code, message) {
  const entry = entries.get(n);
  // What was sent twice may have run the first time.
  if (entry) end(entry, entry.sent > 1 ? "unknown" : "error", code, message);
  else if (n === null) fail(code, message);
}

/**
 * @param {number} n
 * @param {unknown} result
 */
export function finish(n, result) {
  const entry = entries.get(n);
  if (!entry) return;
  entries.delete(n);
  emit("done", { ...detailOf(entry), result });
  entry.settle?.(null, result);
}

/**
 * @param {number} n
 * @param {string} code
 * @param {string} message
 * @param {string} [traceback]
 */
export function crash(n, code, message, traceback) {
  const entry = entries.get(n);
  if (entry) end(entry, code === "unknown" ? code : "error", code, message, traceback);
  else fail(code, message, { traceback });
}

const unacknowledged = () => [...entries.values()].filter(({ acked }) => !acked);

/** @param {Entry} entry */
function transmit(entry) {
  if (entry.size > session.limit && isOpen()) {
    emit("error", { ...detailOf(entry), code: "big" });
    end(entry, "undelivered", "big");
  } else if (send(entry.text) && !entry.sent++) {
    entry.life = life;
    emit("sent", detailOf(entry));
  }
}

/**
 * @param {Entry} entry
 * @param {"error" | "undelivered" | "unknown"} outcome
 * @param {string} code
 * @param {string} [message]
 * @param {string} [traceback]
 */
function end(entry, outcome, code, message = code, traceback) {
  const { n, local, settle } = entry;
  entries.delete(n);
  // A signal that functions of the page answered need not be known to the server, nor have one.
  const expected = local && (code === NO_WINDOW || outcome + code === "errorunknown");
  if (!expected) report(outcome, { ...detailOf(entry), code, message, traceback });
  settle?.(Object.assign(new Error(message), { code }));
}

const NO_WINDOW = "no-window";
const closedCode = () => (session.token ? "closed" : NO_WINDOW);

/** @param {Entry} entry */
const detailOf = ({ signal, element, n }) => ({ signal, element, call: `${session.c}.${n}` });
