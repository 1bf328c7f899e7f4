/** @file Tells the page what happened: `df:*` events, a line in the console, a line for the user. */
import { announce, modal } from "./announcing.js";
import { log } from "./log.js";
import { invoke } from "./nodes.js";

/**
 * @typedef {object} Detail
 * @property {string} [code]
 * @property {string} [signal]
 * @property {string} [call] `c.n`
 * @property {unknown} [message]
 * @property {Element} [element]
 * @property {unknown} [result]
 * @property {string} [traceback]
 * @property {string[]} [topics]
 * @property {number} [spread] seconds
 * @property {(yes?: boolean) => void} [proceed] answers a question
 */

/** Those who listen have a say in these. */
const CANCELABLE = /^(before|confirm|resync|error|un|refused)/;

/**
 * Dispatches `df:<type>` on the element, or on the document if it is gone.
 * @param {string} type
 * @param {Detail} [detail]
 * @returns {boolean} whether nobody prevented it
 */
export const emit = (type, detail = {}) =>
  invoke(
    detail.element?.isConnected ? detail.element : document,
    "dispatchEvent",
    new CustomEvent(`df:${type}`, { bubbles: true, cancelable: CANCELABLE.test(type), detail }),
  );

/**
 * An outcome that is not the wished one. What only concerns developers (level `debug`) is not shown to users.
 * @param {string} type
 * @param {Detail} detail
 * @param {"error" | "debug"} [level]
 */
export function report(type, detail, level = "error") {
  log(level, detail);
  if (emit(type, detail) && level === "error") say(type);
}

/** @param {string} [type] of what the user is told; nothing: he has gone on */
export function say(type) {
  const status = document.querySelector("[data-df-status]");
  if (status) {
    status.textContent = type
      ? (status.getAttribute(`data-df-text-${type}`) ?? "Something went wrong.")
      : "";
    if (type && modal()?.contains(status) === false) announce(status.textContent);
  }
}

/**
 * @param {string} code
 * @param {unknown} cause
 * @param {Detail} [detail]
 * @param {"error" | "debug"} [level]
 */
export const fail = (code, cause, detail, level) =>
  report("error", { ...detail, code, message: `${cause}` }, level);

/**
 * What goes wrong is reported, and ends nothing else.
 * @template T
 * @param {string} code
 * @param {Detail} detail
 * @param {() => T} act
 * @returns {T | undefined}
 */
export function attempt(code, detail, act) {
  try {
    return act();
  } catch (error) {
    fail(code, error, detail);
    return undefined;
  }
}
