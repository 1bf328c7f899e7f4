/** @file `data-df-signal` as a value: the calls that an element makes, one for each trigger of their `on`, and what is known of them. */

import { CONTROLS } from "./controls.js";
import { attempt } from "./events.js";
import { isButton } from "./forms.js";
import { get, invoke, isForm } from "./nodes.js";
import { parseTriggers } from "./triggers.js";

export const ATTRIBUTE = "data-df-signal";

/**
 * @typedef {object} Call
 * @property {string} name
 * @property {import("./triggers.js").Trigger} on
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

/**
 * A call and what becomes of it: goes on when its attribute is written anew, and in its element's successor.
 * @typedef {object} Job
 * @property {Call} call as it was read last
 * @property {Memory} memory
 * @property {number} [timer] ends the pause, or the time in which nothing more is sent
 * @property {boolean} [spent] it was to run once, and did
 * @property {string} [last] what it sent
 * @property {Element} [begun] for which an event of the page's own has been set up
 */

/**
 * What is known of an element: its jobs, and by their keys all that it ever had.
 * @typedef {{owner: any, print?: string, jobs: Job[], [key: string]: any}} Memory
 */

/** The type of a value and the key that holds it, or a key that holds null. */
const KEY =
  /^((string )?(name|on|form|value|include|target|swap|sync|busy|disable|confirm|task)|(object )?(opts|optimistic)|(boolean )?(prevent|reset)|(number )?timeout)$/;

/** Of the elements that have been found. @type {WeakMap<any, Memory>} */
export const memories = new WeakMap();

/**
 * Parsed once per element and text; a text that can't be read is reported and calls nothing.
 * @param {Element} element
 * @returns {Job[]}
 */
export function jobsOf(element) {
  /** @type {string} */
  const text = (invoke(element, "getAttribute", ATTRIBUTE) ?? "[]").trim();
  const memory = memoryOf(element);
  const print = defaultEvent(element) + text;
  if (memory.print !== print) {
    memory.print = print;
    memory.jobs = [];
    attempt("attribute", { element }, () => {
      for (const call of read(element, text)) {
        let key = `${call.name} ${call.on.text}`;
        while (memory.jobs.includes(memory[key])) key += ".";
        memory[key] ??= { memory };
        memory[key].call = call;
        memory.jobs.push(memory[key]);
      }
    });
  }
  return memory.jobs;
}

/**
 * @param {Element} element
 * @param {string} text of its attribute
 * @returns {Call[]} throws what can't be read
 */
export const read = (element, text) =>
  [/^[[{"]/.test(text) ? JSON.parse(text) : text]
    .flat()
    .flatMap((item) => parseCall(item.at ? { name: item } : item, defaultEvent(element)));

/** @param {Element} element @returns {Memory} */
export function memoryOf(element) {
  const memory = memories.get(element) ?? { owner: element, jobs: [] };
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
 * @returns {Call[]}
 */
function parseCall(call, event) {
  for (const key in call) {
    const value = call[key];
    if (!KEY.test(value === null ? key : `${typeof value} ${key}`) || value === "") {
      throw new Error(key);
    }
  }
  if (!call.name || Array.isArray(call.opts)) throw new Error("name, opts");
  return parseTriggers(call.on ?? event).map((on) => ({ ...call, on }));
}

/** @param {any} element @returns {string} */
const defaultEvent = (element) =>
  isForm(element)
    ? "submit"
    : (invoke(element, "matches", CONTROLS) || element.constructor.formAssociated) &&
        !isButton(element)
      ? "change"
      : "click";
