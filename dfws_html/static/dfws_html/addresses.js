/** @file The window's address: entries of its history that signals made. */

/** Entries between which a step changes what is shown. */
const MARK = { df: 1 };

/** @type {(method: "pushState" | "replaceState") => (href: string) => void} */
export const writing = (method) => (href) => {
  // Going back leads to the entry before, too.
  history.replaceState({ ...history.state, ...MARK }, "");
  history[method](MARK, "", href);
};

/** @param {() => void} arrived is called after a step from or to an entry of ours */
export const watchAddresses = (arrived) =>
  addEventListener("popstate", ({ state }) => state?.df && arrived());
