/** @file The window's address: entries of its history that signals made, and where it goes. */
import { linkTo } from "./safety.js";

/** Entries between which a step changes what is shown. */
const MARK = { df: 1 };

/**
 * @param {string} url
 * @param {boolean} [external] whether it may lie on another site
 * @returns {string} absolute; empty if the window must not go there
 */
export function allowed(url, external) {
  const { protocol, origin, href } = linkTo(url);
  return /^https?:/.test(protocol) && (external || origin === location.origin) ? href : "";
}

/** @type {(method: "pushState" | "replaceState") => (href: string) => void} */
export const writing = (method) => (href) => {
  // Going back leads to the entry before, too.
  history.replaceState({ ...history.state, ...MARK }, "");
  history[method](MARK, "", href);
};

/** @param {() => void} arrived is called after a step from or to an entry of ours */
export const watchAddresses = (arrived) =>
  addEventListener("popstate", ({ state }) => state?.df && arrived());
