/** @file Puts HTML into the page and takes it out. */
import { emit } from "./events.js";
import { keep } from "./keeping.js";
import { get, invoke } from "./nodes.js";
import { meta } from "./session.js";

/** @typedef {"append" | "prepend" | "before" | "after" | "replaceChildren" | "replaceWith"} Place a method of nodes */

/** Where nothing loads and nothing runs, nor will scripts later that were parsed here. */
const inert = document.implementation.createHTMLDocument();

const RULES = { createHTML: String };

/** @type {any} */
let policy;

/** @param {unknown} html @returns {any} */
function trusted(html) {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy("dfws", RULES) ?? RULES;
  return policy.createHTML(html);
}

/** @param {string} html @returns {Document} a whole page, inert */
export const parse = (html) => new DOMParser().parseFromString(trusted(html), "text/html");

/** @type {EventTarget[]} */
let gone = [];

/**
 * Browsers fire `change` and `blur` on what is removed while it has the focus, which is no doing of the user's.
 * @param {Event} event
 * @returns {boolean}
 */
export const isLeaving = (event) => event.composedPath().some((node) => gone.includes(node));

/** @param {Element} element */
const twinOf = (element) => document.getElementById(get(element, "id"));

/**
 * @param {Element} target
 * @param {Place} place
 * @param {unknown} [content]
 * @param {"innerHTML" | "textContent"} [kind] of content
 */
export function swap(target, place, content, kind = "innerHTML") {
  /** @type {any} */
  const parent = /pend|Ch/.test(place) ? target : get(target, "parentNode");
  // Rows, options and drawings are only parsed as such where they may stand.
  const holder = inert.importNode(parent);
  holder[kind] = trusted(content ?? "");
  // What is pushed was rendered without a request: its CSRF fields are empty.
  for (const field of invoke(holder, "querySelectorAll", "[name=csrfmiddlewaretoken]")) {
    field.value ||= meta()?.dataset.csrf ?? "";
  }
  /** @type {Element[]} */
  const added = [...get(holder, "children")];
  // A push may come after the page was rendered with what it adds: each takes the place of its twin.
  const twins = added.filter(
    (element) => !/^r/.test(place) && twinOf(element)?.parentNode === parent,
  );
  /** @type {Element[]} */
  const leaving =
    {
      replaceWith: [target],
      replaceChildren: [...get(target, "children")],
    }[/** @type {string} */ (place)] ?? twins.map(twinOf);
  for (const element of leaving) emit("removed", { element });
  const restores = keep(leaving);
  gone = leaving;
  try {
    for (const element of twins) twinOf(element)?.replaceWith(element);
    invoke(target, place, ...get(holder, "childNodes"));
  } finally {
    gone = [];
  }
  for (const restore of restores) restore();
  for (const element of added) {
    invoke(element, "dispatchEvent", new CustomEvent("DOMContentAdded", { bubbles: true }));
  }
}

/** @type {Record<string, Place>} */
const PLACES = {
  innerHTML: "replaceChildren",
  outerHTML: "replaceWith",
  beforebegin: "before",
  afterbegin: "prepend",
  beforeend: "append",
  afterend: "after",
};

/**
 * Shows an answer.
 * @param {Element} target
 * @param {string} how
 * @param {string} html
 * @param {{detail: import("./events.js").Detail, mayWrite: (control: Element) => boolean}} _options
 */
export const show = (target, how, html, _options) => swap(target, PLACES[how], html);
