/** @file The page that is shown, and what becomes of the window when another one takes its place. */
import { letGo } from "./holding.js";
import { endAll, isAcknowledged } from "./outbox.js";
import { begin, life, positions, raise } from "./positions.js";
import { meta, subscribe, windowId } from "./session.js";
import { close, isClosed, pause, restart } from "./socket.js";
import { takeTopics } from "./topics.js";

const PATIENCE = 2000; // milliseconds until what was sent is acknowledged
const GLANCE = 50;

/** Tokens of the pages that have been shown. @type {Set<string | undefined>} */
export const seen = new Set();
/** Token of this one. @type {string | undefined} */
export let shown;

/** What stands in the page's meta counts from now on. */
export async function enter() {
  if (meta()?.dataset.w !== windowId) await leave();
  const page = meta();
  shown = page?.content;
  seen.add(shown);
  if (!page) return close();
  const { w, url, pos, life: known = "" } = page.dataset;
  if (w === windowId && known === life && !isClosed()) {
    // What is told to this window alone stands in no page.
    raise(Number(pos), Object.keys(positions).slice(1));
    takeTopics(shown);
  } else {
    // Another window or history, or one that nobody listened to: what was told before counts no more.
    takeTopics("");
    subscribe({ t: [], token: shown });
    begin(known, pos ? Number(pos) : undefined);
    restart(url);
  }
}

/** The window ends: a call that was sent must not be sent again by the next one's name. */
async function leave() {
  // Of what is still told to it only the outcomes of calls count.
  subscribe({ t: [] });
  pause();
  for (let waited = 0; waited < PATIENCE && !isAcknowledged(); waited += GLANCE) {
    await new Promise((resolve) => setTimeout(resolve, GLANCE));
  }
  await letGo();
  endAll();
}
