/** @file A clock that never goes back and never stops. */

let clocks = [0, 0];
let time = 0;

/** @returns {number} milliseconds: by the wall clock, which jumps, or by the steady one, which may stop in sleep */
export function now() {
  const before = clocks;
  clocks = [Date.now(), performance.now()];
  time += Math.max(...clocks.map((clock, index) => clock - before[index]));
  return time;
}
