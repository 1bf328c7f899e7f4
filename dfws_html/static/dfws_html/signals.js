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
let held = [];
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

/**
 * @typedef {object} Terms
 * @property {Element} [element] that makes the call
 * @property {boolean} [reply] whether a result is awaited
 * @property {() => number | undefined} [prepare] before anything is done, but nobody has prevented it: the call that
 *   this one supersedes
 */

/**
 * A signal of this page: its own functions first, then the server, unless it is one that every window knows.
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @param {Terms & Partial<import("./outbox.js").Hooks>} [terms]
 * @returns {number | undefined} the number of the call, if it is made
 */
export function place(
  signal,
  opts = {},
  { timeout, ...when } = {},
  { element, reply, prepare, settle = () => {}, ...hooks } = {},
) {
  if (!emit("before", { signal, element })) {
    settle({ code: "prevented" });
    return;
  }
  const n = ++last;
  const sup = prepare?.();
  // Encoded before a function of the page can change it.
  const text = verbs.has(signal) ? "" : JSON.stringify({ signal, opts, n, reply, sup, ...when });
  const local = run(signal, opts);
  const detail = { signal, element, call: `${c}.${n}` };
  if (text) post({ n, text, detail, reply, sup, timeout, local, settle, ...hooks });
  else settle({});
  return n;
}

/**
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @returns {false} so that `onclick="return DFSignals.call(...)"` prevents the click
 */
export function call(signal, opts, options) {
  place(signal, opts, options);
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
    place(signal, opts, options, {
      reply: true,
      settle: ({ code, message = code, result }) =>
        code ? reject(Object.assign(new Error(`${message}`), { code })) : resolve(result),
    });
  });

/**
 * A signal of the server, unless it is the echo of what this window has done.
 * @param {string} name
 * @param {any} opts
 * @param {string} [id]
 */
export function deliver(name, opts, id) {
  if ((opts?.$but && opts.$but === windowId) || run(name, opts, id)) return;
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
  const waiting = held;
  held = [];
  for (const signal of waiting) deliver(...signal);
}

/**
 * @param {string} name
 * @param {unknown} opts
 * @param {string} [id]
 * @returns {boolean} whether there was a function
 */
function run(name, opts, id) {
  const all = [...(functions.get(name) ?? [])];
  for (const fn of all) {
    attempt("function", { signal: name }, () => fn(opts, id));
  }
  return !!all.length;
}
