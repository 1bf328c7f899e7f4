/** @file When a call runs whose event has come: at once, after a pause, not too often, if something changed. */

import { callsOf, memoryOf } from "./attribute.js";
import { launch } from "./flight.js";
import { formOf, readArguments } from "./forms.js";
import { get } from "./nodes.js";
import { isOpen } from "./socket.js";

/**
 * What a call remembers, in its element or that one's successor.
 * @typedef {object} State
 * @property {() => void} [ask] runs it, if that may be now
 * @property {boolean} [own] nobody has made the event that asks
 * @property {import("./attribute.js").Memory} [memory] where this state is
 * @property {number} [timer] which ends the pause, or the time in which nothing more is sent
 * @property {boolean} [spent] it was to run once, and did
 * @property {string} [last] what it sent, if that counts
 * @property {Element} [begun] for which an event of the page's own has been set up
 */

/** Events that nobody makes: while the server is away, or the element, there is nothing to keep. */
const OWN = /^(load|every|revealed|intersect)$/;

/** @type {Set<State>} */
const waiting = new Set();

// A user's last key is not lost with the page.
addEventListener("pagehide", () => run(({ own }) => !own), true);
// One that others prevented may have been sent by them, or not: then the fields speak for themselves.
addEventListener("submit", ({ target, defaultPrevented }) => defaultPrevented || cancel(target));
// What waits without a timer was held back. At a welcome, what is older goes first.
for (const type of ["df:connected", "visibilitychange"]) {
  addEventListener(type, () => queueMicrotask(() => run(({ timer }) => !timer)), true);
}

/** @param {(state: State) => unknown} isDue */
const run = (isDue) => [...waiting].filter(isDue).forEach(fire);

/** @param {State} state whose time has come */
function fire(state) {
  clearTimeout(state.timer);
  state.timer = 0;
  state.ask?.();
}

/** @param {State} state */
function forget(state) {
  state.ask = undefined;
  waiting.delete(state);
}

/**
 * A form is sent: what its fields were going to send goes with it.
 * @param {any} form
 */
export function cancel(form) {
  for (const state of waiting) {
    if (!state.own && formOf(state.memory?.owner) === form) forget(state);
  }
}

/**
 * Starts what needs no event from outside; to be called whenever an element is found, for each of its calls.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 */
export function begin(element, call) {
  const { type, threshold, rootMargin } = call.on;
  if (!OWN.test(type)) return;
  const state = stateOf(element, call);
  const ask = () => schedule(element, call, null);
  if (type === "every") {
    state.ask ?? ask();
  } else if (state.begun !== element) {
    state.begun = element;
    if (type === "load") {
      ask();
    } else {
      new IntersectionObserver(
        (entries, observer) => {
          if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
          if (type === "revealed") observer.disconnect();
          ask();
        },
        { threshold, rootMargin },
      ).observe(element);
    }
  }
}

/** @param {Element} element @param {import("./attribute.js").Call} call @returns {State} */
const stateOf = (element, { key }) => (memoryOf(element)[key] ??= {});

/**
 * Lets a call run, now or later, if it is to run at all.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {EventTarget | null} target of the event
 * @param {import("./flight.js").Submission} [submission]
 */
export function schedule(element, call, target, submission) {
  const { key, on } = call;
  const memory = memoryOf(element);
  const state = stateOf(element, call);
  if (state.spent) return;
  const read = () => readArguments(memory.owner, call, target, submission);
  /** @type {() => Record<string, unknown>} */
  let saved;
  try {
    const values = read();
    saved = () => values;
  } catch (error) {
    saved = () => {
      throw error;
    };
  }
  const isHere = () => get(memory.owner, "isConnected");
  const current = () => (isHere() ? read() : saved());
  /** @param {unknown} values */
  const print = (values) => JSON.stringify([values, /** @type {any} */ (target)?.value]);
  state.memory = memory;
  state.own = OWN.test(on.type);
  state.ask = () => {
    const { owner } = memory;
    const mine = callsOf(owner).find((one) => one.key === key);
    if (state.own) {
      if (!mine || !isHere()) return forget(state);
      if (!isOpen() || (on.type === "every" && document.hidden)) return;
    }
    call = mine ?? call;
    forget(state);
    if (on.changed) {
      try {
        if (print(current()) === state.last) return;
      } catch {} // is said by who reads it in earnest
    }
    state.spent = on.once;
    if (on.throttle) state.timer = setTimeout(fire, on.throttle, state);
    launch(
      owner,
      call,
      () => {
        const values = current();
        if (on.changed) state.last = print(values);
        return values;
      },
      submission,
    );
    if (on.type === "every") schedule(owner, call, null);
  };
  waiting.add(state);
  if (on.delay) {
    clearTimeout(state.timer);
    state.timer = setTimeout(fire, on.delay, state);
  } else if (!state.timer) {
    fire(state);
  }
}
