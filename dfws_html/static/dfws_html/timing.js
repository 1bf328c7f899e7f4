/** @file When a call runs whose event has come: at once, after a pause, not too often, if something changed. */

import { callsOf, memoryOf } from "./attribute.js";
import { launch } from "./flight.js";
import { formOf, readArguments } from "./forms.js";
import { get } from "./nodes.js";
import { isOpen } from "./socket.js";

/**
 * What a call remembers, in its element or that one's successor.
 * @typedef {object} State
 * @property {import("./attribute.js").Memory} memory
 * @property {string} key of the call
 * @property {Ask} [ask] that waits
 * @property {number} [timer] which ends the pause, or the time in which nothing more is sent
 * @property {boolean} [spent] it was to run once, and did
 * @property {string} [last] what it sent, if that counts
 * @property {Element} [begun] for which an event of the page's own has been set up
 */

/**
 * @typedef {object} Ask
 * @property {import("./attribute.js").Call} call
 * @property {EventTarget | null} target
 * @property {import("./flight.js").Submission} [submission]
 * @property {() => Record<string, unknown>} saved what it would have sent at its event
 */

/** Events that nobody makes: while the server is away, or the element, there is nothing to keep. */
const OWN = /^(load|every|revealed|intersect)$/;

/** @type {Set<State>} */
const waiting = new Set();

// A user's last key is not lost with the page.
addEventListener("pagehide", () => run(({ ask }) => !isOwn(ask.call)), true);
// One that others prevented may have been sent by them, or not: then the fields speak for themselves.
addEventListener("submit", ({ target, defaultPrevented }) => defaultPrevented || cancel(target));
// What waits without a timer was held back. At a welcome, what is older goes first.
for (const type of ["df:connected", "visibilitychange"]) {
  addEventListener(type, () => queueMicrotask(() => run(({ timer }) => !timer)), true);
}

/** @param {(state: any) => boolean} isDue */
const run = (isDue) => [...waiting].filter(isDue).forEach(fire);

/** @param {import("./attribute.js").Call} call */
const isOwn = ({ on }) => OWN.test(on.type);

/**
 * Starts what needs no event from outside; to be called whenever an element is found, for each of its calls.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 */
export function begin(element, call) {
  const { type, threshold, rootMargin } = call.on;
  if (!isOwn(call)) return;
  const state = stateOf(element, call);
  if (type === "every") {
    if (!state.ask) schedule(element, call, null);
  } else if (state.begun !== element) {
    state.begun = element;
    if (type === "load") {
      schedule(element, call, null);
    } else {
      new IntersectionObserver(
        (entries, observer) => {
          if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
          if (type === "revealed") observer.disconnect();
          schedule(element, call, null);
        },
        { threshold, rootMargin },
      ).observe(element);
    }
  }
}

/**
 * Lets a call run, now or later, if it is to run at all.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {EventTarget | null} target of the event
 * @param {import("./flight.js").Submission} [submission]
 */
export function schedule(element, call, target, submission) {
  const { delay } = call.on;
  const state = stateOf(element, call);
  if (state.spent) return;
  /** @type {() => Record<string, unknown>} */
  let saved;
  try {
    const values = readArguments(element, call, target, submission);
    saved = () => values;
  } catch (error) {
    saved = () => {
      throw error;
    };
  }
  state.ask = { call, target, submission, saved };
  waiting.add(state);
  if (delay) {
    clearTimeout(state.timer);
    state.timer = setTimeout(fire, delay, state);
  } else if (!state.timer) {
    fire(state);
  }
}

/**
 * A form is sent: what its fields were going to send goes with it.
 * @param {any} form
 */
export function cancel(form) {
  for (const state of waiting) {
    if (state.ask && !isOwn(state.ask.call) && formOf(state.memory.owner) === form) forget(state);
  }
}

/** @param {State} state */
function forget(state) {
  state.ask = undefined;
  waiting.delete(state);
}

/** @param {Element} element @param {import("./attribute.js").Call} call @returns {State} */
function stateOf(element, { key }) {
  const memory = memoryOf(element);
  const state = memory.states.get(key) ?? { memory, key };
  memory.states.set(key, state);
  return state;
}

/** @param {State} state whose time has come */
function fire(state) {
  const { ask, memory, key } = state;
  clearTimeout(state.timer);
  state.timer = 0;
  if (!ask) return;
  const { target, submission, saved } = ask;
  const { owner } = memory;
  const own = callsOf(owner).find((one) => one.key === key);
  const call = own ?? ask.call;
  const { type, once, changed, throttle } = call.on;
  if (isOwn(call)) {
    if (!own || !get(owner, "isConnected")) return forget(state);
    if (!isOpen() || (type === "every" && document.hidden)) return;
  }
  forget(state);
  const read = () =>
    get(memory.owner, "isConnected")
      ? readArguments(memory.owner, call, target, submission)
      : saved();
  /** @param {unknown} values */
  const print = (values) => JSON.stringify([values, /** @type {any} */ (target)?.value]);
  if (changed) {
    try {
      if (print(read()) === state.last) return;
    } catch {} // is said by who reads it in earnest
  }
  state.spent = once;
  if (throttle) state.timer = setTimeout(fire, throttle, state);
  launch(
    owner,
    call,
    () => {
      const values = read();
      if (changed) state.last = print(values);
      return values;
    },
    submission,
  );
  if (type === "every") schedule(owner, call, null);
}
