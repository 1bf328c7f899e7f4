/** @file `data-df-signal` as a value: the calls that an element makes. */
import { fail } from "./events.js";
import { invoke } from "./nodes.js";
import { defaultEvent, parseTriggers } from "./triggers.js";

export const ATTRIBUTE = "data-df-signal";

/**
 * @typedef {object} Call
 * @property {string} name
 * @property {import("./triggers.js").Trigger[]} triggers out of `on`
 * @property {string} [form] argument that gets the form's fields
 * @property {string} [value] argument that gets the control's value
 * @property {Record<string, unknown>} [opts]
 * @property {boolean | null} [prevent]
 */

const KEYS = ["name", "on", "form", "value", "opts", "prevent"];

/** @type {WeakMap<Element, {text: string, calls: Call[]}>} */
const parsed = new WeakMap();

/**
 * Parsed once per element and text; a text that can't be read is reported and calls nothing.
 * @param {Element} element
 * @returns {Call[]}
 */
export function callsOf(element) {
  /** @type {string} */
  const text = (invoke(element, "getAttribute", ATTRIBUTE) ?? "[]").trim();
  const known = parsed.get(element);
  if (known?.text === text) return known.calls;
  /** @type {{text: string, calls: Call[]}} */
  const fresh = { text, calls: [] };
  parsed.set(element, fresh);
  try {
    fresh.calls = parseCalls(text, defaultEvent(element));
  } catch (error) {
    fail("attribute", `${error} in ${text}`, { element });
  }
  return fresh.calls;
}

/**
 * @param {string} text a JSON list, object or string, or a bare name
 * @param {string} event without `on`
 * @returns {Call[]}
 */
export const parseCalls = (text, event) =>
  [].concat(/^[[{"]/.test(text) ? JSON.parse(text) : text).map((item) => {
    const call = typeof item === "string" ? { name: item } : item;
    const { name, on, opts } = /** @type {any} */ (call);
    const odd = Object.keys(call).find((key) => !KEYS.includes(key));
    if (odd || !name?.trim() || typeof (opts ?? {}) !== "object") {
      throw new Error(odd ? `"${odd}"?` : "no name, or no opts");
    }
    return { ...call, triggers: parseTriggers(on ?? event) };
  });
