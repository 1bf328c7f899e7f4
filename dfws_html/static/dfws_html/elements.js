/** @file Which elements a signal is about, and what is told if it can't be done. */
import { attempt, fail } from "./events.js";
import { get } from "./nodes.js";
import { inTurn } from "./turns.js";

/** @typedef {(target: any, opts: any, detail: import("./events.js").Detail, rank: number) => void} Verb done to each element that the selector finds */

/**
 * @param {string} signal
 * @param {string} selector
 * @param {Verb} act
 * @param {any} opts
 */
export function each(signal, selector, act, opts) {
  const targets = attempt("selector", { signal }, () => [...document.querySelectorAll(selector)]);
  if (targets?.length === 0) fail("no-target", selector, { signal }, "debug");
  targets?.forEach((element, rank) => {
    const detail = { signal, element };
    // What was done to one may have removed the next.
    inTurn(() => get(element, "isConnected") && act(element, opts, detail, rank), detail);
  });
}
