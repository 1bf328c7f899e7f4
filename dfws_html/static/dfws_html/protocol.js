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
