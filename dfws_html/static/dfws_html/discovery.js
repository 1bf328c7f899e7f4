/** @file Finds the elements that make calls, however they arrive. */
import { ATTRIBUTE, jobsOf } from "./attribute.js";
import { listen } from "./listening.js";
import { invoke } from "./nodes.js";
import { begin } from "./timing.js";

/** From now on, what stands in the document and what comes into it is alive. */
export function discover() {
  find(document.documentElement);
  new MutationObserver((records) => {
    for (const { target, addedNodes, attributeName } of records) {
      (attributeName ? [target] : addedNodes).forEach(find);
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: [ATTRIBUTE] });
  // What a swap adds is alive at once, for code that runs before the observer does.
  addEventListener("DOMContentAdded", ({ target }) => find(target), true);
}

/** Names of elements whose class may come later: it says what their event is. */
const awaited = new Set();

/** @param {unknown} root */
function find(root) {
  if (!(root instanceof Element)) return;
  for (const element of [root, ...invoke(root, "querySelectorAll", `[${ATTRIBUTE}]`)]) {
    const { localName } = element;
    if (invoke(element, "matches", ":not(:defined)") && !awaited.has(localName)) {
      awaited.add(localName);
      customElements.whenDefined(localName).then(() => find(document.documentElement));
    }
    for (const job of jobsOf(element)) {
      listen(job.call.on);
      begin(job);
    }
  }
}
