/** @file Lanes: what becomes of a call while another one of its lane is in flight. */
import { memoryOf } from "./attribute.js";
import { attempt } from "./events.js";
import { abandon } from "./outbox.js";
import { seek } from "./targets.js";

/**
 * @typedef {object} Lane
 * @property {string} how
 * @property {Set<Flight>} lane in the order of their events
 */

/** @typedef {Lane & import("./signals.js").Draft & {start?: () => void}} Flight it waits as long as it has a `start` */

/** Without a word of the author's, by the type of the event. @param {string} type */
const habit = (type) =>
  /^(submit|click)$/.test(type) ? "drop" : /^(input|change|every)$/.test(type) ? "replace" : "";

/**
 * Throws if `sync` can't be read or its scope is not found. Who takes the place of a scope goes on in its lanes.
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {import("./events.js").Detail} detail
 * @returns {Flight}
 */
export function laneOf(element, { name, on, sync, value, form }, detail) {
  // A container sends the value of now this, now that control of its own: none takes the other's place.
  const several = value && !form && !("value" in element || element.isContentEditable);
  const text = sync ?? (several ? "" : habit(on.type));
  const [, how, selector] = /^(drop|replace|queue (?:first|last|all))( .+)?$/.exec(text) ?? [];
  if (sync && !how) throw new Error(sync);
  const memory = memoryOf(seek(element, selector ?? "this"));
  const key = selector ? "," : `${name},${text}`;
  memory[key] ??= new Set();
  return { how, lane: memory[key], detail };
}

/** @param {Flight} flight */
const waits = ({ start }) => start;

/**
 * @param {Lane} lane
 * @returns {unknown} whether one more call has no place in it now
 */
export const isFull = ({ how, lane }) =>
  how === "drop" ? lane.size : how === "queue first" && [...lane].some(waits);

/** @param {Flight} flight that starts at once, or later, or never */
export function enter(flight) {
  const { how, lane } = flight;
  if (isFull(flight)) return;
  for (const other of lane) if (waits(other) && /last|replace/.test(how)) lane.delete(other);
  if (lane.add(flight).size < 2 || !/queue/.test(how)) begin(flight);
}

/**
 * Ends a flight, once, and lets the next one of its lane start: those that wait come last.
 * @param {Flight} flight
 * @param {() => void} [end]
 */
export function leave(flight, end) {
  if (!flight.lane.delete(flight)) return;
  end?.();
  const [next] = flight.lane;
  if (next) begin(next);
}

/**
 * Takes the place of all others in its lane, if that is its way.
 * @param {Flight} flight
 */
export function supersede(flight) {
  for (const { detail } of flight.lane) {
    if (flight.how === "replace") flight.sup = abandon(detail.call, "superseded") ?? flight.sup;
  }
}

/** @param {Flight} flight */
function begin(flight) {
  const { start, detail } = flight;
  if (!start) return;
  flight.start = undefined;
  attempt("target", detail, start);
  if (!flight.n) leave(flight);
}
