/** @file The signals that every window knows, as one table. */
import { load } from "./assets.js";
import { setFields } from "./controls.js";
import { fail } from "./events.js";
import { get, invoke } from "./nodes.js";
import { swap } from "./swaps.js";

/** @typedef {(target: any, opts: any, refuse: (cause: unknown) => void, rank: number) => void} Verb done to each element that the selector finds */

/** @type {(...how: [import("./swaps.js").Place, "textContent"?]) => Verb} */
const swapping =
  (place, kind) =>
  (target, { content }) =>
    swap(target, place, content, kind);

/** @type {(method: "add" | "remove") => Verb} */
const classing =
  (method) =>
  (target, { class_name }) =>
    get(target, "classList")[method](...(class_name.match(/\S+/g) ?? []));

/**
 * The browser itself tells what an address would do.
 * @param {string} href
 * @param {string} [download]
 */
const linkTo = (href, download = "") =>
  Object.assign(document.createElement("a"), { href, download });

/** @type {Record<string, Verb>} */
export const VERBS = {
  after: swapping("after"),
  append: swapping("append"),
  prepend: swapping("prepend"),
  before: swapping("before"),
  content: swapping("replaceChildren"),
  replace_with: swapping("replaceWith"),
  text: swapping("replaceChildren", "textContent"),
  empty: (target) => swap(target, "replaceChildren"),
  remove: (target) => swap(target, "replaceWith"),
  add_class: classing("add"),
  remove_class: classing("remove"),
  add_attribute(target, { attr_name, attr_value }, refuse) {
    const value = attr_value ?? "";
    if (/^(on|srcdoc$)/i.test(attr_name) || linkTo(value).protocol === "javascript:") {
      refuse(attr_name);
    } else invoke(target, "setAttribute", attr_name, value);
  },
  remove_attr: (target, { attr_name }) => invoke(target, "removeAttribute", attr_name),
  boolean_attribute: (target, { name, value }) => invoke(target, "toggleAttribute", name, !!value),
  focus: (target, _opts, _refuse, rank) => rank || invoke(target, "focus"),
  "forms.set": (target, { values }) => setFields(target, values),
  download_file(_root, { url, filename }, refuse) {
    const link = linkTo(url, filename);
    if (/^(http|blob|data)/.test(link.protocol)) link.click();
    else refuse(url);
  },
};

/** Functions by signal. @type {Map<string, Set<(opts: any, id?: string) => void>>} */
export const verbs = new Map([["html.assets", new Set([load])]]);
for (const [word, act] of Object.entries(VERBS)) {
  const signal = `html.${word}`;
  /** @param {any} opts */
  const verb = (opts) => {
    /** @type {Element[]} */
    let targets;
    try {
      targets = [...document.querySelectorAll(opts.url ? "html" : opts.selector)];
    } catch (error) {
      fail("selector", error, { signal });
      return;
    }
    if (!targets.length) fail("no-target", opts.selector, { signal }, "debug");
    targets.forEach((element, rank) => {
      /** @param {unknown} cause */
      const refuse = (cause) => fail("unsafe", cause, { signal, element });
      // What was done to one may have removed the next.
      if (get(element, "isConnected")) act(element, opts, refuse, rank);
    });
  };
  verbs.set(signal, new Set([verb]));
}
