/** @file Puts HTML into the page and takes it out. */
import { MODAL } from "./announcing.js";
import { isTouched, within } from "./controls.js";
import { emit, fail } from "./events.js";
import { focus, keep } from "./keeping.js";
import { perform, plan } from "./morph.js";
import { get, invoke, removeClass } from "./nodes.js";
import { meta } from "./session.js";
import { inTurn } from "./turns.js";

/** What each word does to the target: a method of nodes, or a morph. @type {Record<string, string>} */
const METHODS = {
  // @ts-expect-error a table without inherited names
  __proto__: null,
  innerHTML: "replaceChildren",
  outerHTML: "after",
  beforebegin: "before",
  afterbegin: "prepend",
  beforeend: "append",
  afterend: "after",
  delete: "after",
  none: "",
  textContent: "replaceChildren",
  upsert: "append",
  morph: "morph",
  "morph:outer": "outer",
};

/**
 * @param {string} how a swap word and its options
 * @returns {{word: string, method: any}} method: undefined if it can't be read
 */
export function readSwap(how) {
  const [, word = ""] =
    /^\s*(\S+)(\s+(transition|scroll:(top|bottom)|focus:\S+))*\s*$/.exec(how) ?? [];
  return { word, method: METHODS[word] };
}

/** Class of what was added, for one picture: what CSS begins with. */
const ADDED = "df-added";

/** Where nothing loads and nothing runs, nor will scripts later that were parsed here. */
const inert = document.implementation.createHTMLDocument();

const RULES = { createHTML: String, createScriptURL: String };

/** @type {any} */
let policy;

/**
 * @param {unknown} text
 * @param {keyof typeof RULES} [kind] of what it is
 * @returns {any}
 */
export function trusted(text, kind = "createHTML") {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy("dfws", RULES) ?? RULES;
  return policy[kind](text);
}

/** @param {string} html @returns {Document} a whole page, inert */
export const parse = (html) => new DOMParser().parseFromString(trusted(html), "text/html");

/** Fields of Django's; a form that names a server may lead to another one. */
const CSRF = "[name=csrfmiddlewaretoken]:not([action*='//'] *)";

let busy = false;

/**
 * Browsers fire `change` and `blur` on what is removed while it has the focus, which is no doing of the user's.
 * @param {Event} event
 * @returns {boolean}
 */
export const isLeaving = ({ isTrusted }) => isTrusted && busy;

/** @param {Element} element */
const twinOf = (element) => document.getElementById(get(element, "id"));

/**
 * Shows HTML, at once or when it is its turn; `df:before-swap` may be prevented.
 * @param {Element} target
 * @param {string} how a swap word and its options, as in the attribute's `swap`
 * @param {unknown} [html] an element's children are taken as they are
 * @param {object} [options]
 * @param {import("./events.js").Detail} [options.detail] of the events; its element is the one that called
 * @param {(control: any) => boolean} [options.mayWrite] whether a control may lose what it holds
 */
export function show(
  target,
  how,
  html,
  { detail, mayWrite = (control) => !isTouched(control) } = {},
) {
  /** @param {string} name */
  const option = (name) => how.match(`\\s${name}:(\\S+)`)?.[1];
  const wish = option("focus");
  const wished = () => (wish ? document.querySelector(wish) : null);
  const side = option("scroll");
  const told = { ...detail, element: target };
  const { word, method } = readSwap(how);
  if (!method) return;
  const act = () => {
    wished(); // one that can't be read is an error before anything is done
    if (!get(target, "isConnected")) fail("target-gone", how, told);
    else if (emit("before-swap", told)) {
      swap();
      if (side) target.scrollTop = side === "top" ? 0 : target.scrollHeight;
      // Not away from where the user has gone meanwhile. A click on what takes no focus, as Safari's buttons, gives it
      // to what is around that.
      /** @type {any} */
      const { activeElement } = document;
      if (activeElement === document.body || activeElement.contains(detail?.element)) {
        focus(wished());
      }
      emit("after-swap", told);
    }
  };
  function swap() {
    /** @type {any} */
    const parent = /pend|Ch|morph/.test(method) ? target : get(target, "parentNode");
    const holder = html instanceof Element ? html : read(word, html, parent);
    // What is pushed was rendered without a request: its CSRF fields are empty.
    for (const field of invoke(holder, "querySelectorAll", CSRF)) {
      field.value ||= meta()?.dataset.csrf ?? "";
    }
    const steps = /^morph/.test(word)
      ? plan(target, holder, method === "outer", mayWrite)
      : replace(target, word, holder, parent);
    /** @type {Element[]} */
    const added = steps
      .flatMap(([, , ...more]) => more)
      .filter((one) => one instanceof Element && get(one, "ownerDocument") !== document);
    /** @type {Element[]} */
    const leaving = steps
      .flatMap(([act, node]) =>
        act === "replaceChildren" ? [...get(node, "children")] : act === "remove" ? node : [],
      )
      .filter((one) => one instanceof Element);
    for (const element of leaving) {
      emit("removed", { element });
      // Closed, it gives the focus back to who had it before; removed, it does not.
      for (const one of within(element, MODAL)) get(one, "close")?.call(one);
    }
    const restores = keep(leaving, target, mayWrite, wished);
    busy = true;
    perform(steps);
    busy = false;
    for (const restore of restores) restore();
    for (const element of added) {
      get(element, "classList").add(ADDED);
      invoke(element, "dispatchEvent", new CustomEvent("DOMContentAdded", { bubbles: true }));
    }
    // The second comes after the first picture with them.
    requestAnimationFrame(() => requestAnimationFrame(() => added.forEach(settle)));
  }
  inTurn(act, told, /\stransition/.test(how));
}

/** @param {Element} element */
const settle = (element) => removeClass(element, ADDED);

/**
 * @param {string} word
 * @param {unknown} content
 * @param {Element} parent rows, options and drawings are only parsed as such where they may stand
 * @returns {any} an element that contains it, inert
 */
function read(word, content, parent) {
  /** @type {any} */
  const holder = inert.importNode(parent);
  if (word === "textContent") holder.textContent = content ?? "";
  else holder.innerHTML = trusted(word === "delete" ? "" : (content ?? ""));
  return holder;
}

/**
 * @param {Element} target
 * @param {string} word
 * @param {Element} holder
 * @param {Element} parent
 * @returns {import("./morph.js").Operation[]}
 */
function replace(target, word, holder, parent) {
  const whole = /^[dito]/.test(word);
  // A push may come after the page was rendered with what it adds: each takes the place of its twin.
  const twins = [...get(holder, "children")].filter((element) => {
    const twin = !whole && twinOf(element);
    return twin && (word === "upsert" || get(twin, "parentNode") === parent);
  });
  /** @type {any[]} */
  const nodes = [...get(holder, "childNodes")];
  /** @type {any[]} */
  const steps = [
    ...twins.map((node) => ["after", twinOf(node), node]),
    [METHODS[word], target, ...nodes.filter((node) => !twins.includes(node))],
    ...(/^[do]/.test(word) ? [target] : twins.map(twinOf)).map((node) => ["remove", node]),
  ];
  return steps;
}
