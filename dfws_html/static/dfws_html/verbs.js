/** @file The signals that every window knows, as tables. */
import { writing } from "./addresses.js";
import { announce } from "./announcing.js";
import { load } from "./assets.js";
import { setFields } from "./controls.js";
import { each } from "./elements.js";
import { attempt, fail } from "./events.js";
import { showErrors } from "./formerrors.js";
import { get, invoke, setAttribute } from "./nodes.js";
import { isUnsafe, linkTo } from "./safety.js";
import { show } from "./swaps.js";
import { inTurn } from "./turns.js";

/** @typedef {import("./elements.js").Verb} Verb */

/** @type {(how: string, always?: string) => Verb} */
const swapping =
  (how, always) =>
  (target, { content }, detail) =>
    show(target, how, always ?? content, { detail });

/** @type {(method: "add" | "remove" | "toggle") => Verb} */
const classing =
  (method) =>
  (target, { class_name }) => {
    for (const name of class_name.match(/\S+/g) ?? []) get(target, "classList")[method](name);
  };

/** On this site, unless it is said otherwise. @type {(go: (href: string) => void) => Verb} */
const going =
  (go) =>
  (_root, { url, external }, detail) => {
    const { protocol, origin, href } = linkTo(url);
    if (/^http/.test(protocol) && (external || origin === location.origin)) go(href);
    else fail("unsafe", url, detail);
  };

/** What is done to the elements of `selector`. @type {Record<string, Verb>} */
export const ELEMENTS = {
  "html.after": swapping("afterend"),
  "html.append": swapping("beforeend"),
  "html.prepend": swapping("afterbegin"),
  "html.before": swapping("beforebegin"),
  "html.content": swapping("innerHTML"),
  "html.replace_with": swapping("outerHTML"),
  "html.text": swapping("textContent"),
  "html.empty": swapping("innerHTML", ""),
  "html.remove": swapping("delete"),
  "html.upsert": (target, opts, detail, rank) =>
    rank || swapping("upsert")(target, opts, detail, rank),
  "html.morph": (target, { content, outer }, detail) =>
    show(target, outer ? "morph:outer" : "morph", content, { detail }),
  "html.add_class": classing("add"),
  "html.remove_class": classing("remove"),
  "html.toggle_class": classing("toggle"),
  "html.add_attribute"(target, { attr_name, attr_value }, detail) {
    if (isUnsafe({ name: attr_name, value: attr_value })) fail("unsafe", attr_name, detail);
    else setAttribute(target, attr_name, attr_value ?? "");
  },
  "html.remove_attr": (target, { attr_name }) => setAttribute(target, attr_name, null),
  "html.boolean_attribute": (target, { name, value }) =>
    setAttribute(target, name, value ? "" : null),
  "html.focus": (target, _opts, _detail, rank) => rank || invoke(target, "focus"),
  "html.scroll": (target, { block }, _detail, rank) =>
    rank || invoke(target, "scrollIntoView", { block }),
  "html.dialog"(target, { action }) {
    if (!target.showModal) target.togglePopover(action !== "close");
    else if (target.open === (action === "close")) {
      target[action === "modal" ? "showModal" : action]();
    }
  },
  "html.forms.set": (target, { values }) => setFields(target, values),
  "forms.errors": showErrors,
};

/** What is done to the page as a whole. @type {Record<string, Verb>} */
const PAGE = {
  "html.dispatch": (target, { event, detail }) =>
    invoke(
      target,
      "dispatchEvent",
      new CustomEvent(event, { bubbles: true, cancelable: true, detail }),
    ),
  "html.title"(_root, { content }) {
    document.title = content;
  },
  "html.announce": (_root, { content, level }) => announce(content, level),
  "html.push_url": going(writing("pushState")),
  "html.replace_url": going(writing("replaceState")),
  "html.redirect": going((href) => location.assign(href)),
  "html.reload": () => location.reload(),
  "html.download_file"(_root, { url, filename }, detail) {
    const link = linkTo(url, filename);
    if (/^(http|blob|data)/.test(link.protocol)) link.click();
    else fail("unsafe", url, detail);
  },
  /** One paint, and one transition. */
  "html.batch": (_root, { ops, transition }, detail) =>
    inTurn(
      () => {
        for (const [signal, opts = {}] of ops) {
          const told = { ...detail, signal };
          const [verb] = verbs.get(signal) ?? [];
          // Each is reported for itself.
          if (verb) attempt("function", told, () => verb(opts));
          else fail("no-function", signal, told);
        }
      },
      detail,
      transition,
    ),
};

/** Functions by signal. @type {Map<string, Set<(opts: any, id?: string) => void>>} */
export const verbs = new Map([["html.assets", new Set([load])]]);
for (const { table, root } of [{ table: ELEMENTS }, { table: PAGE, root: "html" }]) {
  for (const [signal, act] of Object.entries(table)) {
    verbs.set(signal, new Set([(opts) => each(signal, opts.selector ?? root, act, opts)]));
  }
}
