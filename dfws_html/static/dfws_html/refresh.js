/** @file The page, fetched again under its living window: what it missed is in it. */
import { isAnyTouched } from "./controls.js";
import { emit, report } from "./events.js";
import { hold } from "./holding.js";
import { enter } from "./page.js";
import { headers, meta } from "./session.js";
import { parse, show } from "./swaps.js";

const MINUTE = 60000;

/** Whether one is under way, and whether one more is to follow. */
let running = false;
let again = false;
/** When each reason was last one. @type {Record<string, number>} */
const times = {};

/**
 * What stands in the page may be old: it is fetched again, unless the page does not want it.
 * @param {string[]} [topics] that it was told by
 * @param {number} [spread] seconds in which all windows do so
 * @param {string} [reason]
 */
export function resync(topics = [], spread = 0, reason) {
  if (emit("resync", { topics, spread })) {
    setTimeout(refresh, spread * 1000 * Math.random(), reason);
  }
}

/**
 * Makes title, body and our meta those of the page as it is now; a page that is another, or none, is refused.
 * @param {string} [reason] the same one twice in a minute is refused
 */
export async function refresh(reason) {
  if (running) {
    again = true;
    return;
  }
  running = true;
  const release = hold();
  try {
    await renew(reason);
  } catch (error) {
    report("refused", { code: "refresh", message: `${error}` });
  }
  running = false;
  release();
  if (again) {
    again = false;
    refresh();
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
  const answer = await fetch(here, {
    headers: headers(),
    cache: "no-store",
    mode: "same-origin", // no redirect takes the token elsewhere
  });
  const page = parse(await answer.text());
  if (location.href.split("#")[0] !== here) {
    again = true; // another page has come meanwhile
    return;
  }
  const fresh = page.querySelector("meta[name=dfws]");
  if (!answer.ok || answer.url !== here || !fresh) {
    throw new Error(`${answer.status} ${answer.url}`);
  }
  document.title = page.title;
  show(document.body, "morph", page.body);
  for (const { name, value } of fresh.attributes) meta()?.setAttribute(name, value);
  await enter();
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
