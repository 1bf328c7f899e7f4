/** @file What screen readers are told and nobody sees. */

const HIDDEN = "position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
const LATE = 150; // milliseconds: into a region that came this moment nobody listens
const LONG = 10000; // milliseconds after which a line has been read

/**
 * @param {string} text
 * @param {string} [level] `assertive` interrupts what is being read
 */
export function announce(text, level) {
  const live = level === "assertive" ? level : "polite";
  // What lies outside a modal dialog is not read.
  const host = [...document.querySelectorAll(":is(dialog:modal)")].pop() ?? document.body;
  let region = host.querySelector(`:scope>[aria-live=${live}][data-df-keep]`);
  if (!region) {
    region = document.createElement("div");
    region.setAttribute("aria-live", live);
    region.setAttribute("data-df-keep", "");
    /** @type {HTMLElement} */ (region).style.cssText = HIDDEN;
    host.append(region);
  }
  const line = document.createElement("p");
  line.textContent = text;
  setTimeout(() => region?.append(line), LATE);
  setTimeout(() => line.remove(), LONG);
}
