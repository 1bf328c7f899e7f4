/** @file Signals and the functions of this page: who is called when, and what goes on to the server. */
import { emit, fail } from "./events.js";
import { post } from "./outbox.js";
import { c } from "./session.js";
import { verbs } from "./verbs.js";

/** @typedef {(opts: any, signalId?: string) => void} SignalFunction */

const GRACE = 2000; // after load, for functions that are connected late

/** @type {Map<string, Set<SignalFunction>>} */
const functions = new Map(verbs);

let last = 0; // number of a call
/** Frames without a function. @type {[string, unknown, string?][]} */
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
 * A signal of this page: its own functions first, then the server, unless it is one that every window knows.
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @param {Element} [element]
 * @param {boolean} [reply]
 * @param {import("./outbox.js").Settle} [settle]
 * @returns {false} so that `onclick="return DFSignals.call(...)"` prevents the click
 */
export function call(
  signal,
  opts = {},
  { timeout, ...when } = {},
  element,
  reply,
  settle = () => {},
) {
  if (emit("before", { signal, element })) {
    const n = ++last;
    // Encoded before a function of the page can change it.
    const text = verbs.has(signal) ? "" : JSON.stringify({ signal, opts, n, reply, ...when });
    const local = run(signal, opts);
    const detail = { signal, element, call: `${c}.${n}` };
    if (text) post({ n, text, detail, reply, timeout, local, settle });
    else settle({});
  } else {
    settle({ code: "prevented" });
  }
  return false;
}

/**
 * A signal of the server.
 * @param {string} name
 * @param {unknown} opts
 * @param {string} [id]
 */
export function deliver(name, opts, id) {
  if (run(name, opts, id)) return;
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
    try {
      fn(opts, id);
    } catch (error) {
      fail("function", error, { signal: name });
    }
  }
  return !!all.length;
}
