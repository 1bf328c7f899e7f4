/** @file Signals and the functions of this page: who is called when, and what goes on to the server. */
import { emit, fail } from "./events.js";
import { post } from "./outbox.js";
import { encodeCall } from "./protocol.js";

/** @typedef {(opts: any, signalId?: string) => void} SignalFunction */

const HELD = 100;
const GRACE = 2000; // after load, for functions that are connected late

/** @type {Map<string, Set<SignalFunction>>} */
const functions = new Map();
/** Signals that never leave the page. @type {ReadonlyMap<string, SignalFunction>} */
let builtins = new Map();
/** @type {[string, unknown, string?][]} */
let held = [];
let holding = true;

/**
 * @param {string} name
 * @param {SignalFunction} fn
 * @returns {() => void} disconnects
 */
export function connect(name, fn) {
  const connected = functions.get(name) ?? new Set();
  functions.set(name, connected.add(fn));
  queueMicrotask(release);
  return () => {
    connected.delete(fn);
  };
}

/** @param {ReadonlyMap<string, SignalFunction>} table */
export function define(table) {
  builtins = table;
}

/**
 * A signal of this page: its own functions first, then the server.
 * @param {string} signal
 * @param {unknown} [opts]
 * @param {import("./protocol.js").CallOptions} [options]
 * @param {Element} [element]
 * @param {boolean} [reply]
 * @param {import("./outbox.js").Settle} [settle]
 */
export function call(signal, opts = {}, options, element, reply, settle) {
  const detail = { signal, element };
  if (!emit("before", detail)) {
    settle?.(Object.assign(new Error(signal), { code: "prevented" }));
    return;
  }
  // Encoded before a function of the page can change it.
  const body = builtins.has(signal) ? "" : encodeCall(signal, opts, reply, options);
  const local = run(signal, opts);
  if (body) post({ signal, body, element, reply, timeout: options?.timeout, local, settle });
  else settle?.(null);
}

/**
 * A signal of the server.
 * @param {string} name
 * @param {unknown} opts
 * @param {string} [id]
 */
export function deliver(name, opts, id) {
  if (run(name, opts, id)) return;
  if (holding && held.length < HELD) held.push([name, opts, id]);
  else fail("no-function", name, { signal: name }, "debug");
}

/** The page has loaded: what nobody connects to in a moment is dropped. */
export function stopHolding() {
  setTimeout(() => {
    holding = false;
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
  const builtin = builtins.get(name);
  const all = [...(builtin ? [builtin] : []), ...(functions.get(name) ?? [])];
  for (const fn of all) {
    try {
      fn(opts, id);
    } catch (error) {
      fail("function", error, { signal: name });
    }
  }
  return all.length > 0;
}
