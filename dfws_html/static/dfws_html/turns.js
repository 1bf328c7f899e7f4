/** @file What changes the page waits its turn: behind a view transition, and while text is being composed there. */
import { attempt } from "./events.js";
import { invoke } from "./nodes.js";

const PATIENCE = 10000; // of frames that would write a field which an input method composes in

/** @typedef {[work: () => void, detail?: import("./events.js").Detail, animated?: unknown]} Turn */

/** @type {any} */
let composing;
let blocks = 0;
/** @type {Turn[]} */
let waiting = [];

export function watchComposing() {
  addEventListener("compositionstart", ({ target }) => (composing = target), true);
  addEventListener("compositionend", compose, true);
}

function compose() {
  composing = undefined;
}

/** @param {Promise<unknown>} end after it those that wait go on, in their order */
function block(end) {
  blocks += 1;
  end.finally(() => {
    blocks -= 1;
    const turns = waiting;
    waiting = [];
    for (const turn of turns) inTurn(...turn);
  });
}

/**
 * Does it now, or after what came before; an error is reported and harms nothing else.
 * @param {Turn} turn `detail` is what is told of an error, and its element the region that is written
 */
export function inTurn(...turn) {
  const [work, detail = {}, animated] = turn;
  /** @type {any} */
  const page = document;
  const act = () => {
    const others = blocks;
    blocks = 0; // parts of this do not wait for it
    attempt(detail.code ?? "function", detail, work);
    blocks += others;
  };
  if (!blocks && composing && detail.element && invoke(detail.element, "contains", composing)) {
    block(
      new Promise((resolve) => {
        addEventListener("compositionend", resolve, { once: true, capture: true });
        setTimeout(resolve, PATIENCE);
      }).then(compose),
    );
  }
  if (blocks) waiting.push(turn);
  else if (
    animated &&
    page.startViewTransition &&
    !page.hidden &&
    !matchMedia("(prefers-reduced-motion:reduce)").matches
  ) {
    const { ready, updateCallbackDone } = page.startViewTransition(act);
    ready.catch(() => {}); // it was skipped; the update is done all the same
    block(updateCallbackDone);
  } else act();
}
