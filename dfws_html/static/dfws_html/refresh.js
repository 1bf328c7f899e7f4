/** @file The page, fetched again under its living window: what it missed is in it. */
import { isAnyTouched } from "./controls.js";
import { report } from "./events.js";
import { begin, life, positions, raise } from "./positions.js";
import { headers, meta, subscribe, windowId } from "./session.js";
import { isOpen, restart } from "./socket.js";
import { parse, swap } from "./swaps.js";
import { takeTopics } from "./topics.js";

const MINUTE = 60000;

/** Whether frames wait, and for which of the two: this refresh, or one more after it. */
let running = false;
let again = false;
/** @type {any[]} */
let held = [];
/** When each reason was last one. @type {Record<string, number>} */
const times = {};

/**
 * Frames that change the page or its positions wait while it is fetched.
 * @param {any} frame
 * @returns {boolean} whether it waits
 */
export function holds(frame) {
  const waits = running && (frame.o !== undefined || /^(hb|resync|topics)$/.test(frame.df));
  if (waits) held.push(frame);
  return waits;
}

/**
 * Replaces title, body and our meta by those of the page as it is now; a page that is another, or none, is refused.
 * @param {(frame: any) => void} apply does what a frame says
 * @param {string} [reason] the same one twice in a minute is refused
 */
export async function refresh(apply, reason) {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    await renew(reason);
  } catch (error) {
    report("refused", { code: "refresh", message: `${error}` });
  }
  running = false;
  const waiting = held;
  held = [];
  waiting.forEach(apply);
  if (again) {
    again = false;
    refresh(apply);
  }
}

/** @param {string} [reason] */
async function renew(reason) {
  if (reason) {
    const last = times[reason];
    times[reason] = Date.now();
    if (last > times[reason] - MINUTE) throw new Error(`${reason}, again`);
  }
  if ("post" in (meta()?.dataset ?? {})) throw new Error("a form was sent to this page");
  const [here] = location.href.split("#");
  const answer = await fetch(here, { headers: headers(), cache: "no-store" });
  const page = parse(await answer.text());
  const fresh = page.querySelector("meta[name=dfws]");
  if (!answer.ok || answer.url !== here || !fresh) {
    throw new Error(`${answer.status} ${answer.url}`);
  }
  show(page, /** @type {HTMLMetaElement} */ (fresh));
}

/**
 * @param {Document} page
 * @param {HTMLMetaElement} fresh its meta
 */
function show(page, fresh) {
  const { scrollX, scrollY } = window;
  document.title = page.title;
  swap(document.body, "replaceChildren", page.body.innerHTML);
  for (const { name, value } of fresh.attributes) meta()?.setAttribute(name, value);
  scrollTo(scrollX, scrollY);
  const { w, pos = "", life: known = "" } = fresh.dataset;
  if (w === windowId && known === life && isOpen()) {
    // What is told to this window alone stands in no page.
    raise(+pos, Object.keys(positions).slice(1));
    takeTopics(fresh.content);
  } else {
    // Another window, or another history: what was told before counts no more.
    subscribe({ t: [], token: fresh.content });
    begin(known, +pos);
    restart();
  }
}

/**
 * The script is older than the server. What was typed would be lost, and a page that stays too old must not turn in
 * circles.
 * @returns {boolean} whether the page is loaded again
 */
export function reload() {
  try {
    const { dfws = 0 } = sessionStorage;
    if (isAnyTouched() || Date.now() - dfws < MINUTE) return false;
    sessionStorage.dfws = Date.now();
    location.reload();
    return true;
  } catch {
    return false; // without a storage nobody could count
  }
}
