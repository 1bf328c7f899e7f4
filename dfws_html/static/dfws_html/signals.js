/** @file Signals and the functions of this page: who is called when, and what goes on to the server. */
import { attempt, emit, fail } from "./events.js";
import { post } from "./outbox.js";
import { c, windowId } from "./session.js";
import { verbs } from "./verbs.js";

/** @typedef {(opts: any, signalId?: string) => void} SignalFunction */

const GRACE = 2000; // after load, for functions that are connected late

/** @type {Map<string, Set<SignalFunction>>} */
const functions = new Map(verbs);

let last = 0; // number of a call
/** Frames without a function. @type {[string, any, string?][]} */
const held = [];
let room = 100;

/**
 * @param {string} name
 * @param {SignalFunction} fn
 * @returns {() => void} disconnects
 */
export function connect(name, fn) {
  const connected = functions.get(name) ?? new Set();
  functions.set(name, connected.add(fn));
  queueMicrotask(release);
  return () => connected.delete(fn);
}

/** @typedef {Pick<import("./outbox.js").Entry, "detail"> & Partial<import("./outbox.js").Entry>} Draft */

/**
 * A signal of this page: its own functions first, then the server, unless it is one that every window knows.
 * @param {Draft} entry
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 */
export function place(entry, opts = {}, { timeout, ...when } = {}) {
  const { detail, reply } = entry;
  const signal = /** @type {string} */ (detail.signal);
  if (!emit("before", detail)) {
    entry.settle?.({ code: "prevented" });
    return;
  }
  const n = ++last;
  entry.n = n;
  entry.prepare?.();
  detail.call = `${c}.${n}`;
  // Encoded before a function of the page can change it.
  const text = verbs.has(signal)
    ? ""
    : JSON.stringify({ signal, opts, n, reply, sup: entry.sup, ...when });
  entry.text = text;
  entry.timeout = timeout;
  entry.local = run(signal, opts);
  entry.sent = 0;
  if (text) post(/** @type {import("./outbox.js").Entry} */ (entry));
  else entry.settle?.({});
}

/**
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @returns {false} so that `onclick="return DFSignals.call(...)"` prevents the click
 */
export function call(signal, opts, options) {
  place({ detail: { signal } }, opts, options);
  return false;
}

/**
 * Calls, and waits for what the handler returns.
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @returns {Promise<any>} rejected with an Error that has a `code`
 */
export const ask = (signal, opts, options) =>
  new Promise((resolve, reject) => {
    const settle = (
      /** @type {import("./events.js").Detail} */ { code, message = code, result },
    ) => (code ? reject(Object.assign(new Error(`${message}`), { code })) : resolve(result));
    place({ detail: { signal }, reply: true, settle }, opts, options);
  });

/**
 * A signal of the server, unless it is the echo of what this window has done.
 * @param {string} name
 * @param {any} opts
 * @param {string} [id]
 */
export function deliver(name, opts, id) {
  if ((windowId && opts?.$but === windowId) || run(name, opts, id)) return;
  if (held.length < room) held.push([name, opts, id]);
  else fail("no-function", name, { signal: name }, "debug");
}

/** The page has loaded: what nobody connects to in a moment is dropped. */
export function stopHolding() {
  setTimeout(() => {
    room = 0;
    release();
  }, GRACE);
}

function release() {
  for (const signal of held.splice(0)) deliver(...signal);
}

/**
 * @param {string} name
 * @param {unknown} opts
 * @param {string} [id]
 * @returns {number} how many functions there were
 */
function run(name, opts, id) {
  const all = [...(functions.get(name) ?? [])];
  for (const fn of all) {
    attempt("function", { signal: name }, () => fn(opts, id));
  }
  return all.length;
}
