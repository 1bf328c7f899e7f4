/** @file The language of `on`, and the event an element reacts to when it has none. */
import { isForm } from "./nodes.js";

/**
 * @typedef {object} Trigger
 * @property {string} type of the event
 * @property {boolean} [once]
 * @property {boolean} [consume] elements around this one do not hear the event
 * @property {boolean} [capture]
 * @property {boolean} [passive]
 * @property {boolean} [spent] it was to fire once, and did
 */

/** Modifiers that are a word. Those with an argument (`delay:300ms`) get a table of their own beside it. */
const FLAGS = ["once", "consume", "capture", "passive"];

const TOKENS = /,|(?:"[^"]*"|[^\s,"])+/g;

/**
 * @param {string} text such as `input once, keydown capture`
 * @returns {Trigger[]}
 */
export function parseTriggers(text) {
  /** @type {Trigger[]} */
  const triggers = [];
  /** @type {any} */
  let trigger;
  for (const token of [...(text.match(TOKENS) ?? []), ","]) {
    if (token === "," ? !trigger : trigger && !FLAGS.includes(token)) {
      throw new Error(`on: "${token}"?`);
    }
    if (token === ",") {
      trigger = null;
    } else if (trigger) {
      trigger[token] = true;
    } else {
      trigger = { type: token };
      triggers.push(trigger);
    }
  }
  return triggers;
}

/** @param {any} element @returns {string} */
export function defaultEvent(element) {
  if (isForm(element)) return "submit";
  const { localName, type } = element;
  const custom = /** @type {any} */ (customElements.get(localName));
  return (/^(input|select|textarea)$/.test(localName) || custom?.formAssociated) &&
    !/^(submit|image|reset|button)$/.test(type)
    ? "change"
    : "click";
}
