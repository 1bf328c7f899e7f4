/** @file Lanes: what becomes of a call while another one of its lane is in flight. */
import { get } from "./nodes.js";
import { abandon } from "./outbox.js";
import { seek } from "./targets.js";

/**
 * @typedef {object} Lane
 * @property {string} how
 * @property {string} key of what shares the lane beside the scope: nothing, if a selector named that
 * @property {Element | string} scope by its id, if it has one: who replaces it goes on in its lane
 */

/**
 * @typedef {object} Ways
 * @property {() => void} start
 * @property {boolean} [started] it does not wait any more
 * @property {number} [n] of the call, once that is made
 */

/** @typedef {Lane & Ways} Flight */

/** In the order of their events. @type {Set<Flight>} */
const flights = new Set();

/** Without a word of the author's, by the type of the event. @type {Record<string, string>} */
const HABITS = {
  submit: "drop",
  click: "drop",
  input: "replace",
  change: "replace",
  every: "replace",
};

/**
 * Throws if `sync` can't be read or its scope is not found.
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @returns {Lane}
 */
export function laneOf(element, { name, on, sync, value, form }) {
  // A container sends the value of now this, now that control of its own: none takes the other's place.
  const several = value && !form && !("value" in element || element.isContentEditable);
  const text = sync ?? (!several && HABITS[on.type]);
  const [, how, selector] =
    /^(drop|replace|queue (?:first|last|all))(?: (.+))?$/s.exec(text || "") ?? [];
  if (sync && !how) throw new Error(sync);
  const scope = selector ? seek(element, selector) : element;
  return { how, key: selector ? "" : name + text, scope: get(scope, "id") || scope };
}

/** @param {Lane} lane */
const rivals = (lane) =>
  [...flights].filter(
    (other) => other !== lane && other.key === lane.key && other.scope === lane.scope,
  );

/** @param {Flight} flight */
const waits = ({ started }) => !started;

/**
 * @param {Lane} lane
 * @returns {boolean} whether one more call has no place in it now
 */
export const isFull = (lane) =>
  rivals(lane).some((other) => lane.how === "drop" || (lane.how === "queue first" && waits(other)));

/** @param {Flight} flight that starts at once, or later, or never */
export function enter(flight) {
  if (isFull(flight)) return;
  if (flight.how === "queue last") forgetWaiting(flight);
  const others = rivals(flight);
  flights.add(flight);
  if (!others.length || !/queue/.test(flight.how)) start(flight);
}

/**
 * Ends a flight, once, and lets the next one of its lane start.
 * @param {Flight} flight
 * @param {() => void} [end]
 */
export function leave(flight, end) {
  if (!flights.delete(flight)) return;
  try {
    end?.();
  } finally {
    const others = rivals(flight);
    if (others.length && others.every(waits)) start(others[0]);
  }
}

/**
 * Takes the place of all others in its lane, if that is its way.
 * @param {Flight} flight
 * @returns {number | undefined} the call that the server is to hear of
 */
export function supersede(flight) {
  if (flight.how !== "replace") return;
  forgetWaiting(flight);
  return rivals(flight)
    .map(({ n }) => abandon(n, "superseded"))
    .pop();
}

/** @param {Lane} lane */
const forgetWaiting = (lane) => {
  for (const other of rivals(lane).filter(waits)) flights.delete(other);
};

/** @param {Flight} flight */
function start(flight) {
  flight.started = true;
  flight.start();
}
