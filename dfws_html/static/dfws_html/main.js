/** @file Wires the parts together and opens the door `window.DFSignals`. */

import { watchTyping } from "./controls.js";
import { discover } from "./discovery.js";
import { mount } from "./mounts.js";
import { accompany } from "./navigation.js";
import { cancel, sweep } from "./outbox.js";
import { enter } from "./page.js";
import { ended, receive } from "./receiver.js";
import { headers, windowId } from "./session.js";
import { ask, call, connect, stopHolding } from "./signals.js";
import { start, tick } from "./socket.js";
import { takeTopics } from "./topics.js";

const TICK = 1000;

const DFSignals = {
  connect,
  call,
  ask,
  cancel,
  mount,
  /** The window's id, null before the first welcome. */
  get window() {
    return windowId;
  },
  headers,
  topics: takeTopics,
};

let begun = false;

/** To be called whenever it may be time: the document is parsed, and the page shown. */
function begin() {
  if (/** @type {any} */ (document).prerendering) return;
  if (document.readyState === "complete") stopHolding();
  if (begun) return;
  begun = true;
  watchTyping();
  // Listeners for the same event have run then: they have connected their functions.
  setTimeout(open);
}

function open() {
  start(receive, ended);
  enter();
  setInterval(() => {
    tick();
    sweep();
  }, TICK);
}

// The script may stand in a page twice.
if (!("DFSignals" in window)) {
  Object.assign(window, { DFSignals });
  discover();
  accompany();
  if (document.readyState === "complete") begin();
  // A script that comes between the first two is late by some pictures.
  for (const type of ["DOMContentLoaded", "load", "prerenderingchange"]) {
    addEventListener(type, begin, true);
  }
}
