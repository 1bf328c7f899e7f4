/** @file Frames wait while content is on its way that may have them already, or not yet. */

/** What must end first, and how it is ended. @type {Map<Promise<void>, () => void>} */
const holders = new Map();

/** Numbered frames that did not have to wait, or have waited enough. */
export let told = 0;

/**
 * What changes the page or its positions waits, for what begins meanwhile, too.
 * @param {any} frame
 * @param {(frame: any) => void} apply what is done to it, now or later
 */
export async function pass(frame, apply) {
  if (frame.o || /^(hb|resync)$/.test(frame.df)) for (const [end] of holders) await end;
  if (frame.o) told++;
  apply(frame);
}

/**
 * From now on frames wait.
 * @param {number} [most] milliseconds
 * @returns {() => void} lets go of them
 */
export function hold(most) {
  /** @type {any} */
  let release;
  /** @type {Promise<void>} */
  const end = new Promise((resolve) => {
    release = () => {
      holders.delete(end);
      resolve();
    };
  });
  holders.set(end, release);
  if (most) setTimeout(release, most);
  return release;
}

/** Nothing waits any more: all is applied when this is awaited. */
export async function letGo() {
  for (const [, release] of holders) release();
}
