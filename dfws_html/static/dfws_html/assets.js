/** @file Style sheets and scripts of what is pushed: each once a page, from its own origin, and only if the server says so. */

import { trusted } from "./swaps.js";

/**
 * A call that stands in the page's HTML has no id: whoever smuggles an attribute into it must not load a script.
 * @param {any} opts addresses by tag
 * @param {string} [id] of a frame
 */
export function load(opts, id) {
  for (const tag of id ? ["link", "script"] : []) {
    const key = tag < "m" ? "href" : "src";
    for (const url of opts[tag]) {
      if (new URL(url, document.baseURI).origin !== origin) throw url;
      const made = Object.assign(document.createElement(tag), {
        rel: "stylesheet",
        async: false, // in the order in which they are named
        [key]: trusted(url, "createScriptURL"),
      });
      if (!document.querySelector(`${tag}[${key}="${url}"]`)) document.head.append(made);
    }
  }
}
