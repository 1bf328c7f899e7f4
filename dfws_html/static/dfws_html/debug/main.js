/** @file What serves developers only: loaded under DEBUG, beside the script that does the work. */
import { begin as beginChaos, chaos } from "./chaos.js";
import { begin as beginOverlay } from "./overlay.js";
import { record, replay } from "./recorder.js";
import { begin as checkCalls } from "./sending.js";
import { begin as checkNames } from "./spelling.js";
import { begin as followEvents } from "./stopped.js";
import { cut, frames, begin as watchSockets } from "./wire.js";

const door = { frames, record, replay, chaos, cut };

// The script may stand in a page twice; it stands before the other, so that it sees all that one tells.
if (!customElements.get("dfws-debug")) {
  customElements.define("dfws-debug", class extends HTMLElement {});
  watchSockets();
  beginChaos();
  beginOverlay();
  followEvents();
  checkNames();
  checkCalls();
  const open = () => Object.assign(/** @type {any} */ (window).DFSignals ?? {}, { debug: door });
  open();
  addEventListener("DOMContentLoaded", open, true);
}
