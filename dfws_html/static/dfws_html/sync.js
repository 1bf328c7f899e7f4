/** @file Lanes: what becomes of a call while another one of its lane is in flight. */
import { get } from "./nodes.js";
import { abandon } from "./outbox.js";
import { seek } from "./targets.js";

/**
 * @typedef {object} Lane
 * @property {string} how
 * @property {Element} scope
 * @property {string} name what calls of one scope share to be in one lane; empty where a selector named the scope
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
export function laneOf(element, { name, on: { type }, sync, value, form }) {
  const [, how, selector] =
    /^(drop|replace|queue (?:first|last|all))(?:\s+(.+))?$/s.exec(sync ?? HABITS[type] ?? "") ?? [];
  if (sync && !how) throw new Error(sync);
  // A container sends the value of now this, now that control of its own: none takes the other's place.
  const several = !sync && value && !form && !("value" in element || element.isContentEditable);
  return selector
    ? { how, scope: seek(element, selector), name: "" }
    : { how: several ? "" : how, scope: element, name: name + how };
}

/**
 * Others of a lane; an element that was replaced goes on in the one with its id.
 * @param {Lane} lane
 */
const rivals = (lane) =>
  [...flights].filter(
    (other) =>
      other !== lane &&
      other.name === lane.name &&
      (other.scope === lane.scope ||
        (!other.scope.isConnected &&
          get(other.scope, "id") &&
          get(other.scope, "id") === get(lane.scope, "id"))),
  );

/**
 * @param {Lane} lane
 * @returns {boolean} whether one more call has no place in it now
 */
export function isFull(lane) {
  const others = rivals(lane);
  return (
    (lane.how === "drop" && others.length > 0) ||
    (lane.how === "queue first" && others.some(({ started }) => !started))
  );
}

/** @param {Flight} flight that starts at once, or later, or never */
export function enter(flight) {
  if (isFull(flight)) return;
  const others = rivals(flight);
  if (flight.how === "queue last") forget(others);
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
    const [next, ...more] = rivals(flight);
    if (next && ![next, ...more].some(({ started }) => started)) start(next);
  }
}

/**
 * Takes the place of all others in its lane, if that is its way.
 * @param {Flight} flight
 * @returns {number | undefined} the call that the server is to hear of
 */
export function supersede(flight) {
  if (flight.how !== "replace") return;
  const others = rivals(flight);
  forget(others);
  return others.flatMap(({ n }) => (n && abandon(n, "superseded")) || []).pop();
}

/** @param {Flight[]} others of which those that wait are no more */
const forget = (others) => {
  for (const other of others) if (!other.started) flights.delete(other);
};

/** @param {Flight} flight */
function start(flight) {
  flight.started = true;
  flight.start();
}
