/** @file `data-df-signal` as a value: the calls that an element makes, one for each trigger of their `on`; what they remember. */

import { CONTROLS } from "./controls.js";
import { fail } from "./events.js";
import { get, invoke, isForm } from "./nodes.js";
import { parseTriggers } from "./triggers.js";

export const ATTRIBUTE = "data-df-signal";

/**
 * @typedef {object} Call
 * @property {string} name
 * @property {import("./triggers.js").Trigger} on
 * @property {string} key of what it remembers: name and trigger, counted if there are several
 * @property {string | null} [form] argument that gets the form's fields
 * @property {string | null} [value] argument that gets the control's value
 * @property {string | null} [include] selector of fields that become arguments
 * @property {Record<string, unknown> | null} [opts]
 * @property {boolean | null} [prevent]
 * @property {string | null} [target]
 * @property {string | null} [swap]
 * @property {string | null} [sync]
 * @property {string | null} [busy]
 * @property {string | null} [disable]
 * @property {string | null} [confirm]
 * @property {import("./optimistic.js").Step | import("./optimistic.js").Step[] | null} [optimistic]
 * @property {boolean | null} [reset]
 * @property {number | null} [timeout] milliseconds
 * @property {string | null} [task]
 */

/** What each key holds, unless it is null. @type {Record<string, string>} */
const KEYS = {
  name: "string",
  on: "string",
  form: "string",
  value: "string",
  include: "string",
  target: "string",
  swap: "string",
  sync: "string",
  busy: "string",
  disable: "string",
  confirm: "string",
  task: "string",
  opts: "object",
  optimistic: "object",
  prevent: "boolean",
  reset: "boolean",
  timeout: "number",
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
      const keys = new Set();
      for (const call of known.calls) {
        call.key = `${call.name} ${call.on.text}`;
        while (keys.has(call.key)) call.key += ".";
        keys.add(call.key);
      }
    } catch (error) {
      fail("attribute", `${error} in ${text}`, { element });
    }
  }
  return known.calls;
}

/**
 * What the calls of an element remember, by their keys, none of which is `owner`: the element, or its successor.
 * @typedef {{owner: any, [key: string]: any}} Memory
 */

/** @type {WeakMap<Element, Memory>} */
const memories = new WeakMap();

/** @param {Element} element @returns {Memory} */
export function memoryOf(element) {
  const memory = memories.get(element) ?? { owner: element };
  memories.set(element, memory);
  return memory;
}

/**
 * What an element's calls remember goes on in the one that takes its place.
 * @param {Element} element
 * @returns {() => void} to be called once its heir is there
 */
export const bequeath = (element) => () => {
  const memory = memories.get(element);
  const heir = memory && document.getElementById(get(element, "id"));
  if (heir) {
    memory.owner = heir;
    memories.set(heir, memory);
  }
};

/**
 * @param {any} call
 * @param {string} event without `on`
 * @returns {any[]} calls without their keys
 */
function parseCall(call, event) {
  for (const key in call) {
    const value = call[key];
    if ((typeof value !== KEYS[key] && !(KEYS[key] && value === null)) || value === "") {
      throw new Error(key);
    }
  }
  if (!call.name?.trim()) throw new Error("name");
  if (Array.isArray(call.opts)) throw new Error("opts");
  return parseTriggers(call.on ?? event).map((on) => ({ ...call, on }));
}

/** @param {any} element @returns {string} */
const defaultEvent = (element) =>
  isForm(element)
    ? "submit"
    : (invoke(element, "matches", CONTROLS) || element.constructor.formAssociated) &&
        !/^(submit|image|reset|button)$/.test(element.type)
      ? "change"
      : "click";
