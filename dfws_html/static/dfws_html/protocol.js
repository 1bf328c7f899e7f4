/** @file The wire's words. */

export const VERSION = 1;
export const HEARTBEAT = "--heartbeat--";
export const WINDOW_HEADER = "DFWS-Window";

/**
 * @typedef {object} CallOptions
 * @property {number} [countdown] seconds
 * @property {string | Date} [eta]
 * @property {string | Date | number} [expires]
 * @property {number} [timeout] milliseconds from the acknowledgement to the answer
 */

/**
 * The body of a call's frame; its number is added when its turn in the outbox is known.
 * @param {string} signal
 * @param {unknown} opts
 * @param {boolean | undefined} reply
 * @param {CallOptions} [options]
 * @returns {string}
 */
export const encodeCall = (signal, opts, reply, { eta, expires, countdown } = {}) =>
  JSON.stringify({ signal, opts, reply, eta, expires, countdown });

/**
 * @param {string} body
 * @param {number} n
 * @returns {string}
 */
export const numberCall = (body, n) => `${body.slice(0, -1)},"n":${n}}`;
