/** @file The page, fetched again under its living window: what it missed is in it. */
import { isAnyTouched } from "./controls.js";
import { emit, report } from "./events.js";
import { hold } from "./holding.js";
import { enter } from "./page.js";
import { headers, meta } from "./session.js";
import { parse, show } from "./swaps.js";

const MINUTE = 60000;

/** The one under way, if any, and whether one more is wanted: however many are, one does for all. */
/** @type {Promise<void> | undefined} */
let running;
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
export function refresh(reason) {
  if (running) {
    again = true;
    return running;
  }
  const release = hold();
  running = renew(reason)
    .catch((error) => report("refused", { code: reason ?? "refresh", message: `${error}` }))
    .then(() => {
      running = undefined;
      release();
      if (again) refresh();
    });
  again = false;
  return running;
}

/** @param {string} [reason] */
async function renew(reason) {
  // The script is older than the server. What was typed would be lost, and without a storage nobody could count.
  const isOld = reason === "4406";
  if (reason && (isSoon(isOld ? sessionStorage : times, reason) || (isOld && isAnyTouched()))) {
    throw new Error(reason);
  }
  if (isOld) return location.reload();
  if (meta()?.matches("[data-post]")) throw new Error("post");
  const here = address();
  // No redirect takes the token elsewhere.
  const answer = await fetch(here, { headers: headers(), cache: "no-store", mode: "same-origin" });
  const page = parse(await answer.text());
  if (address() !== here) {
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

const address = () => location.href.split("#")[0];

/**
 * @param {Record<string, any>} times when each was last done
 * @param {string} what is to be done
 * @returns {boolean} whether that is for the second time in a minute
 */
function isSoon(times, what) {
  const last = times[what];
  times[what] = Date.now();
  return times[what] - last < MINUTE;
}
