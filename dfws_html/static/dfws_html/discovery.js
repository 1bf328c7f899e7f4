/** @file Finds the elements that make calls, however they arrive. */
import { ATTRIBUTE, callsOf } from "./attribute.js";
import { listen } from "./listening.js";
import { invoke } from "./nodes.js";

/** From now on, what stands in the document and what comes into it is alive; what leaves is forgotten by itself. */
export function discover() {
  find(document);
  new MutationObserver((records) => {
    for (const { target, addedNodes, attributeName } of records) {
      for (const node of attributeName ? [target] : addedNodes) find(node);
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: [ATTRIBUTE] });
  // What a swap adds is alive at once, for code that runs before the observer does.
  addEventListener("DOMContentAdded", ({ target }) => find(target), true);
}

/** @param {any} root */
function find(root) {
  if (root instanceof Element) listenTo(root);
  if (root.firstElementChild) invoke(root, "querySelectorAll", `[${ATTRIBUTE}]`).forEach(listenTo);
}

/** @param {Element} element */
function listenTo(element) {
  for (const { triggers } of callsOf(element)) triggers.forEach(listen);
}
