/** @file Frames wait while content is on its way that may have them already, or not yet. */

/** @type {Set<() => boolean>} */
const holders = new Set();
/** With what is done to each. @type {[any, (frame: any) => void][]} */
let held = [];
let told = 0; // numbered frames that did not have to wait, or have waited enough

/**
 * What changes the page or its positions waits.
 * @param {any} frame
 * @param {(frame: any) => void} apply what is done to it, now or later
 */
export function pass(frame, apply) {
  if (holders.size && (frame.o || /^(hb|resync)$/.test(frame.df))) {
    held.push([frame, apply]);
  } else {
    if (frame.o) told++;
    apply(frame);
  }
}

/**
 * From now on frames wait.
 * @param {number} [most] milliseconds
 * @returns {() => boolean} lets go of them; whether some had been let go before, as it took too long
 */
export function hold(most) {
  const before = told;
  const release = () => {
    const late = told !== before;
    if (holders.delete(release) && !holders.size) {
      const waiting = held;
      held = [];
      for (const [frame, apply] of waiting) pass(frame, apply);
    }
    return late;
  };
  holders.add(release);
  if (most) setTimeout(release, most);
  return release;
}

/** Of what was told to another window only the outcomes of calls count. */
export function forget() {
  const waiting = held;
  held = [];
  for (const [frame, apply] of waiting) if (/^(done|fail)$/.test(frame.df)) apply(frame);
}
