/** @file What the page shows before the server has answered, and how that is taken back. */
import { attempt } from "./events.js";
import { get, invoke, setAttribute } from "./nodes.js";
import { seek } from "./targets.js";
import { ELEMENTS } from "./verbs.js";

/** Verbs that can be taken back: of classes, attributes and text. */
const REVERSIBLE = /_(class|attr\w*)$|text$/;

/** Everything. */
const OBSERVED = { attributeOldValue: true, childList: true, subtree: true };

/**
 * @typedef {object} Step
 * @property {string} name `html.append` with `template`, the id of one, or a verb of classes, attributes or text
 * @property {{selector?: string, template?: string} & Record<string, any>} [opts] `selector` is an extended one;
 *   default: `this`
 */

/**
 * Takes its steps at once; one that can't be taken is reported.
 * @param {Element} element
 * @param {Step | Step[]} steps
 * @param {import("./events.js").Detail} detail
 * @returns {() => void} takes them back, all in one, except what has changed meanwhile
 */
export function pretend(element, steps, detail) {
  const observer = new MutationObserver(() => {});
  observer.observe(document, OBSERVED);
  for (const { name, opts = {} } of [steps].flat()) {
    attempt("optimistic", detail, () => {
      const target = seek(element, opts.selector ?? "this");
      if (name === "html.append") {
        const { content } = /** @type {any} */ (seek(element, `template#${opts.template}`));
        invoke(target, "append", document.importNode(content, true));
      } else if (REVERSIBLE.test(name)) {
        ELEMENTS[name](target, opts, detail, 0);
      } else throw new Error(name);
    });
  }
  const changes = observer
    .takeRecords()
    .reverse()
    .map((record) => ({ record, left: print(record) }));
  observer.disconnect();
  return () => {
    // All are looked at before the first one changes something.
    const same = changes.splice(0).filter(({ record, left }) => print(record) === left);
    for (const { record } of same) undo(record);
  };
}

/**
 * @param {any} record of a change
 * @returns {string | null} what it has made, as it is now
 */
const print = ({ target, attributeName, addedNodes }) =>
  attributeName
    ? invoke(target, "getAttribute", attributeName)
    : Array.from(
        addedNodes,
        (node) => get(node, "parentNode") === target && (get(node, "outerHTML") ?? node.data),
      ).join();

/** @param {any} record */
function undo({ target, attributeName, oldValue, addedNodes, removedNodes }) {
  if (attributeName) return setAttribute(target, attributeName, oldValue);
  for (const node of addedNodes) invoke(node, "remove");
  // A text has replaced all that was there.
  if (!get(target, "firstChild")) invoke(target, "append", ...removedNodes);
}
