/** @file The signals that every window knows, as one table. */
import { fail } from "./events.js";
import { setFields } from "./fields.js";
import { get, invoke, isForm } from "./nodes.js";
import { change, swap } from "./swaps.js";
import { CONTROLS } from "./touched.js";

/** @typedef {(target: any, opts: any, signal: string, rank: number) => void} Verb done to each element that the selector finds */

/** @type {(place: import("./swaps.js").Place) => Verb} */
const swapping =
  (place) =>
  (target, { content }) =>
    swap(target, place, content);

/** @type {(method: "add" | "remove") => Verb} */
const classing =
  (method) =>
  (target, { class_name }) =>
    get(target, "classList")[method](...class_name.split(/\s+/).filter(Boolean));

/** @type {Verb} */
const setText = (target, { content = "" }) =>
  change([...get(target, "children")], () => {
    Reflect.set(Node.prototype, "textContent", content, target);
  });

/** @type {Verb} */
const setAttribute = (target, { attr_name, attr_value }, signal) => {
  const value = `${attr_value ?? ""}`;
  if (/^(on|srcdoc$)/i.test(attr_name) || /^javascript:/i.test(value.replace(/[\0-\x20]/g, ""))) {
    fail("unsafe", attr_name, { signal, element: target });
  } else {
    invoke(target, "setAttribute", attr_name, value);
  }
};

/** @type {Verb} */
const removeAttribute = (target, { attr_name }) => invoke(target, "removeAttribute", attr_name);

/** @type {Record<string, Verb>} */
const VERBS = {
  after: swapping("after"),
  append: swapping("append"),
  prepend: swapping("prepend"),
  before: swapping("before"),
  content: swapping("replaceChildren"),
  replace_with: swapping("replaceWith"),
  text: setText,
  empty: (target) => setText(target, {}, "", 0),
  remove: (target) => change([target], () => invoke(target, "remove")),
  add_class: classing("add"),
  remove_class: classing("remove"),
  add_attribute: setAttribute,
  remove_attr: removeAttribute,
  boolean_attribute: (target, { name, value }, ...rest) =>
    (value ? setAttribute : removeAttribute)(target, { attr_name: name }, ...rest),
  focus: (target, _opts, _signal, rank) => rank || target.focus(),
  "forms.set": (target, { values }) =>
    setFields(isForm(target) ? get(target, "elements") : target.querySelectorAll(CONTROLS), values),
};

/** @param {{url: string, filename?: string}} opts */
function download({ url, filename = "" }) {
  const { protocol, href } = new URL(url, document.baseURI);
  if (!/^(https?|blob|data):/.test(protocol)) {
    fail("unsafe", url, { signal: DOWNLOAD });
    return;
  }
  const link = document.createElement("a");
  link.href = href;
  link.download = filename;
  link.click();
}

const DOWNLOAD = "html.download_file";

/** @type {Map<string, (opts: any) => void>} */
export const verbs = new Map([[DOWNLOAD, download]]);
for (const [word, act] of Object.entries(VERBS)) {
  const signal = `html.${word}`;
  verbs.set(signal, (opts) => {
    /** @type {Element[]} */
    let targets;
    try {
      targets = [...document.querySelectorAll(opts.selector)];
    } catch (error) {
      fail("selector", error, { signal });
      return;
    }
    if (!targets.length) fail("no-target", opts.selector, { signal }, "debug");
    targets.forEach((target, rank) => {
      // What was done to one may have removed the next.
      if (get(target, "isConnected")) act(target, opts, signal, rank);
    });
  });
}
