/** @file What screen readers are told and nobody sees. */

const HIDDEN = "position:fixed;clip-path:inset(50%)";
const LATE = 150; // milliseconds: into a region that came this moment nobody listens
const LONG = 10000; // milliseconds after which it has been read

/** Browsers that do not know of them find none. */
export const MODAL = ":is(dialog:modal)";

/** @returns {Element | undefined} the dialog outside of which nothing is read */
export const modal = () => [...document.querySelectorAll(MODAL)].pop();

/**
 * @param {string} text
 * @param {string} [level] `assertive` interrupts what is being read
 */
export function announce(text, level) {
  const region = Object.assign(document.createElement("p"), { style: HIDDEN });
  region.setAttribute("aria-live", level === "assertive" ? level : "polite");
  region.setAttribute("data-df-keep", "");
  (modal() ?? document.body).append(region);
  setTimeout(() => (region.textContent = text), LATE);
  setTimeout(() => region.remove(), LONG);
}
