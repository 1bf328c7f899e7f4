/** @file `data-df-signal` as a value: the calls that an element makes, one for each trigger of their `on`. */

import { CONTROLS } from "./controls.js";
import { fail } from "./events.js";
import { get, invoke, isForm } from "./nodes.js";

export const ATTRIBUTE = "data-df-signal";

/**
 * @typedef {object} Call
 * @property {string} name
 * @property {Trigger} on
 * @property {string | null} [form] argument that gets the form's fields
 * @property {string | null} [value] argument that gets the control's value
 * @property {Record<string, unknown> | null} [opts]
 * @property {boolean | null} [prevent]
 */

/**
 * @typedef {object} Trigger
 * @property {string} type of the event
 * @property {boolean} once
 * @property {boolean} consume elements around this one do not hear the event
 * @property {boolean} capture
 * @property {boolean} passive
 * @property {boolean} [spent] it was to fire once, and did
 */

/** What each key holds, unless it is null. @type {Record<string, string>} */
const KEYS = {
  name: "string",
  on: "string",
  form: "string",
  value: "string",
  opts: "object",
  prevent: "boolean",
};

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
  let known = parsed.get(element);
  if (known?.text !== text) {
    known = { text, calls: [] };
    parsed.set(element, known);
    try {
      known.calls = [/^[[{"]/.test(text) ? JSON.parse(text) : text]
        .flat()
        .flatMap((item) =>
          parseCall(typeof item === "string" ? { name: item } : item, defaultEvent(element)),
        );
    } catch (error) {
      fail("attribute", `${error} in ${text}`, { element });
    }
  }
  return known.calls;
}

/**
 * What an element's calls remember goes on in the one that takes its place, if that makes the same ones.
 * @param {Element} element
 * @returns {() => void} to be called once its heir is there
 */
export const bequeath = (element) => () => {
  const known = parsed.get(element);
  const heir = known && document.getElementById(get(element, "id"));
  if (heir) parsed.set(heir, known);
};

/**
 * @param {any} call
 * @param {string} event without `on`
 * @returns {Call[]}
 */
function parseCall(call, event) {
  for (const key in call) {
    if (typeof call[key] !== KEYS[key] && !(KEYS[key] && call[key] === null)) throw new Error(key);
  }
  if (!call.name?.trim()) throw new Error("name");
  return (call.on ?? event).split(",").map((/** @type {any} */ text) => {
    // An empty trigger has no match, which throws.
    const [type, ...modifiers] = text.match(/\S+/g);
    /** @type {any} */
    const on = { type, once: false, consume: false, capture: false, passive: false };
    for (const modifier of modifiers) {
      if (on[modifier] !== false) throw new Error(modifier);
      on[modifier] = true;
    }
    return { ...call, on };
  });
}

/** @param {any} element @returns {string} */
const defaultEvent = (element) =>
  isForm(element)
    ? "submit"
    : (invoke(element, "matches", CONTROLS) || element.constructor.formAssociated) &&
        !/^(submit|image|reset|button)$/.test(element.type)
      ? "change"
      : "click";
