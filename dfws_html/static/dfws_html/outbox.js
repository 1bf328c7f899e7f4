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
const LATE = 600000; // what comes of a call that has ended: longer than the server keeps answers

/**
 * @typedef {object} Entry of a call, which all that take part in its life share
 * @property {import("./events.js").Detail} detail of its events
 * @property {boolean} [reply] whether a result is awaited
 * @property {string} [how] it shares its lane
 * @property {() => void} [prepare] before anything is done, but nobody has prevented it
 * @property {() => void} [rewind] takes back what the page shows ahead of the answer
 * @property {(detail: import("./events.js").Detail) => void} [settle] at the end, perhaps twice; the detail has a
 *   `code` unless the call is done
 * @property {number} n
 * @property {number} [sup] the call that it supersedes
 * @property {number} [timeout]
 * @property {string} text of the frame; empty once it is acknowledged
 * @property {number} local how many functions of the page ran too: then the server need not know the signal
 * @property {number} due when it has waited too long
 * @property {number} sent times
 * @property {string} [life] it was first sent in
 * @property {boolean} [refused] the server has found errors in what was sent
 * @property {string | null} [over] its outcome, once that is told
 */

/** By the names of their calls, `c.n`. @type {Map<unknown, Entry>} */
const entries = new Map();

const all = () => [...entries.values()];

/** @param {Entry} entry */
export function post(entry) {
  entry.due = now() + AGE;
  entries.set(entry.detail.call, entry);
  const texts = all().flatMap(({ text }) => text || []);
  if (texts.length > WAITING || new Blob(texts).size > WAITING_BYTES) expire(entry, "full");
  else advance(entry, true);
}

/**
 * Ends what waited too long; to be called each second.
 * @param {boolean} [sending] after a welcome: what is not acknowledged goes out again, in order
 */
export function sweep(sending) {
  for (const entry of all()) advance(entry, sending);
}

/**
 * @param {Entry} entry
 * @param {boolean} [sending]
 */
function advance(entry, sending) {
  const { text, detail, due } = entry;
  const frame = sending && text && `${text.slice(0, -1)},"life":${JSON.stringify(life)}}`;
  const code = isClosed()
    ? token
      ? "closed"
      : "no-window"
    : now() > due
      ? "timeout"
      : frame && (entry.life ?? life) !== life
        ? "life"
        : frame && new Blob([frame]).size > limit && "big";
  if (code) {
    expire(entry, code);
  } else if (frame && send(frame)) {
    entry.life = life;
    if (!entry.sent++) emit("sent", detail);
  }
}

/**
 * Without a wish for an answer a call was done when acknowledged; it stayed so that a failure finds it.
 * @param {Entry} entry
 * @param {string} code
 */
function expire({ detail: { call }, text, reply, over, settle: end }, code) {
  if (!over && (text || reply)) {
    settle(call, "undelivered", { code }, 1);
  } else {
    entries.delete(call);
    end?.({});
  }
}

/** Whether nothing that was sent waits for its acknowledgement. */
export const isAcknowledged = () => !all().some(({ text, sent }) => text && sent);

/** Another window hears of no outcome: what was sent may have run. */
export function endAll() {
  for (const entry of all()) if (entry.sent) expire(entry, "window");
}

/** @param {string} call */
export function acknowledge(call) {
  const entry = entries.get(call);
  if (!entry?.text) return;
  entry.text = "";
  entry.due = now() + (entry.reply ? (entry.timeout ?? TIMEOUT) : LATE);
  emit("ack", entry.detail);
  // One that may be overtaken is so until its page forgets it.
  if (!entry.reply && entry.how !== "replace") entry.settle?.({});
}

/**
 * Whether a signal of the server is still wanted. One that went to others as well always is.
 * @param {{signal: string, opts?: any, re?: string, t?: number[]}} frame
 * @returns {boolean}
 */
export function isWanted({ signal, opts, re, t }) {
  const entry = entries.get(re);
  entry?.rewind?.();
  if (entry && signal === "forms.errors") {
    // Of a form without errors it only takes away what was wrong before.
    entry.refused = [opts.errors, opts.non_field].some((found) => Object.keys(found ?? {})[0]);
  }
  return !/^(sup|can)/.test(`${entry?.over}`) || `${t}` !== "0";
}

/**
 * Ends a call whose outcome nobody waits for any more.
 * @param {string | undefined} call
 * @param {"superseded" | "cancelled"} code
 * @returns {number | undefined} the call that the server is to hear of, if any
 */
export function abandon(call, code) {
  const entry = entries.get(call);
  if (!entry || entry.over) return;
  settle(call, code, { code });
  return entry.sent ? entry.n : entry.sup;
}

/** @param {string} call */
export function cancel(call) {
  const n = abandon(call, "cancelled");
  if (n) send(JSON.stringify({ df: "cancel", n }));
}

/**
 * Ends a call, unless it has ended with a word.
 * @param {string | null | undefined} call none: a frame that the server could not read
 * @param {string} kind
 * @param {import("./events.js").Detail} answer
 * @param {number} [doubt] sent so often, it may have run: unknown
 */
export function settle(call, kind, answer, doubt = Infinity) {
  /** @type {Partial<Entry>} */
  const entry = entries.get(call) ?? { over: call };
  if (entry.over) return;
  if (/** @type {number} */ (entry.sent) >= doubt) kind = "unknown";
  // A signal that functions of the page answered need not be known to the server, nor have one.
  if (entry.local && /no-window|errorunknown/.test(kind + answer.code)) {
    kind = "done";
    answer = {};
  }
  entry.over = kind;
  entry.text = "";
  entry.due = now() + LATE;
  // Something may still come of what was sent.
  if (!entry.sent || /^(done|error)$/.test(kind)) entries.delete(call);
  const detail = { ...entry.detail, message: answer.code, ...answer };
  (/^(error|un)/.test(kind) ? report : emit)(kind, detail);
  entry.settle?.(detail);
}
