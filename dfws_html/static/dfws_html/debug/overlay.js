/** @file A corner of the page for developers: what went wrong, what went over the connection, bad weather. */
import { chaos } from "./chaos.js";
import { hint } from "./hints.js";
import { record, replay } from "./recorder.js";
import { cut, frames, watch } from "./wire.js";

const PROBLEMS = ["error", "undelivered", "unknown", "refused", "resync"];
const SHOWN = 50; // lines of a list

const STYLE = `
:host { all: initial; position: fixed; z-index: 2147483647; inset: auto auto 8px 8px; color-scheme: dark;
  font: 13px/1.45 system-ui, sans-serif; color: #e8e6e3; max-width: min(34rem, calc(100vw - 16px)); }
@media print { :host { display: none } }
* { box-sizing: border-box; font: inherit; color: inherit }
button, select, .panel { background: #1d2230; border: 1px solid #4a5268; border-radius: 6px }
button, select { padding: 3px 9px; min-height: 26px; cursor: pointer }
button:hover { background: #2b3246 }
:focus-visible { outline: 2px solid #ffc94d; outline-offset: 1px }
.badge { opacity: .85; border-radius: 13px } .badge:hover, .badge[aria-expanded=true] { opacity: 1 }
.badge.bad { background: #7c231b; border-color: #d0695c; opacity: 1 }
.panel { margin-bottom: 6px; padding: 10px 12px; max-height: min(28rem, 70vh); overflow: auto }
h2 { margin: 10px 0 4px; font-weight: 600 } h2:first-child { margin-top: 0 }
ol { margin: 0; padding: 0; list-style: none } li { padding: 4px 0; border-top: 1px solid #343b4e }
p { margin: 0; color: #aab0c0; overflow-wrap: anywhere } b { font-weight: 600; color: #ffb0a3 }
code { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
.row { display: flex; flex-wrap: wrap; gap: 6px; align-items: center }`;

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** @param {HTMLElement} list @param {Node} line on top */
function add(list, line) {
  list.prepend(line);
  while (list.childElementCount > SHOWN) list.lastElementChild?.remove();
}

/** @param {string} type @param {any} detail @returns {HTMLElement} */
function problem(type, { code = "", signal = "", message = "", element }) {
  const line = make("li", {}, make("b", {}, `${type} ${code}`), ` ${signal}`);
  line.append(make("p", {}, `${message}`.slice(0, 500)), make("p", {}, hint(code, message)));
  if (element) {
    const find = () => element.scrollIntoView({ block: "center" });
    line.append(
      make("button", { type: "button", onclick: find }, `<${element.localName}> in the page`),
    );
  }
  return line;
}

/** @param {import("./wire.js").Noted} noted @returns {HTMLElement} */
const frame = ({ at, way, text }) =>
  make("li", {}, make("code", {}, `${(at / 1000).toFixed(1)} ${way} ${text.slice(0, 300)}`));

/** @returns {HTMLElement} */
function weatherControls() {
  const delays = [0, 200, 1000, 3000].map((value) =>
    make("option", { value, selected: value === chaos().latency }, value ? `${value} ms` : "none"),
  );
  const latency = make("select", {}, ...delays);
  const boxes = ["cut", "duplicate"].map((name) =>
    make("input", { type: "checkbox", checked: /** @type {any} */ (chaos())[name] > 0, name }),
  );
  const change = () =>
    chaos({
      latency: +latency.value,
      cut: boxes[0].checked ? 0.05 : 0,
      duplicate: boxes[1].checked ? 0.2 : 0,
    });
  for (const control of [latency, ...boxes]) control.onchange = change;
  return make(
    "div",
    { className: "row" },
    make("label", {}, "late by ", latency),
    make("label", {}, boxes[0], " lose some"),
    make("label", {}, boxes[1], " double some"),
    make("button", { type: "button", onclick: cut }, "cut now"),
  );
}

/** @returns {HTMLElement} */
function tapeControls() {
  /** @type {(() => any[]) | null} */
  let stop = null;
  /** @type {any[]} */
  let tape = [];
  const again = make("button", { type: "button", disabled: true }, "replay");
  again.onclick = () => replay(tape);
  const button = make("button", { type: "button" }, "record");
  button.onclick = () => {
    if (stop) tape = stop();
    stop = stop ? null : record();
    button.textContent = stop ? "stop" : "record";
    again.disabled = !tape.length;
  };
  return make("div", { className: "row" }, button, again);
}

/** Shows the corner; it stands beside the body, where no swap reaches it. */
export function begin() {
  const host = make("dfws-debug");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const problems = make("ol");
  const traffic = make("ol");
  const panel = make(
    "div",
    { className: "panel", hidden: true },
    make("h2", {}, "Problems"),
    problems,
    make("h2", {}, "Connection"),
    weatherControls(),
    make("h2", {}, "Recording"),
    tapeControls(),
    make("h2", {}, "Frames"),
    traffic,
  );
  const badge = make("button", { type: "button", className: "badge" });
  let count = 0;
  const paint = () => {
    badge.textContent = count ? `dfws: ${count} problem${count === 1 ? "" : "s"}` : "dfws";
    badge.title = "What dfws_html does here";
    badge.classList.toggle("bad", count > 0);
    badge.setAttribute("aria-expanded", `${!panel.hidden}`);
  };
  badge.onclick = () => {
    panel.hidden = !panel.hidden;
    if (!panel.hidden) traffic.replaceChildren(...frames.slice(-SHOWN).reverse().map(frame));
    paint();
  };
  for (const type of PROBLEMS) {
    addEventListener(`df:${type}`, (event) => {
      count++;
      add(problems, problem(type, /** @type {CustomEvent} */ (event).detail ?? {}));
      paint();
    });
  }
  watch((noted) => panel.hidden || add(traffic, frame(noted)));
  root.append(panel, badge);
  paint();
  document.documentElement.append(host);
}
