/** @file What the page shows before the server has answered, and how that is taken back. */
import { attempt } from "./events.js";
import { get, invoke, setAttribute } from "./nodes.js";
import { seek } from "./targets.js";
import { ELEMENTS } from "./verbs.js";

/** Verbs that can be taken back: of classes, attributes and text. */
const REVERSIBLE = /^html\.(\w+_class|add_attribute|remove_attr|boolean_attribute|text)$/;

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
      const { selector = "this", template } = opts;
      const target = seek(element, selector);
      if (name === "html.append") {
        const { content } = /** @type {any} */ (seek(element, `template#${template}`));
        invoke(target, "append", document.importNode(content, true));
      } else if (REVERSIBLE.test(name)) {
        ELEMENTS[name](target, opts, detail, 0);
      } else {
        throw new Error(name);
      }
    });
  }
  let undos = observer.takeRecords().reverse().map(undoing);
  observer.disconnect();
  return () => {
    // All are looked at before the first one changes something.
    for (const undo of undos.map((look) => look())) undo?.();
    undos = [];
  };
}

/**
 * @param {any} record of a change
 * @returns {() => (() => void) | undefined} its undoing, while the page is as the change has left it
 */
function undoing({ target, attributeName, oldValue, addedNodes, removedNodes }) {
  if (attributeName) {
    const read = () => invoke(target, "getAttribute", attributeName);
    const value = read();
    return () =>
      read() === value ? () => setAttribute(target, attributeName, oldValue) : undefined;
  }
  const added = Array.from(addedNodes, (node) => ({ node, copy: invoke(node, "cloneNode", true) }));
  return () => {
    const same = added.filter(
      ({ node, copy }) => get(node, "parentNode") === target && copy.isEqualNode(node),
    );
    return () => {
      for (const { node } of same) invoke(node, "remove");
      // A text has replaced all that was there.
      if (!get(target, "firstChild")) invoke(target, "append", ...removedNodes);
    };
  };
}
