/** @file When to connect again, as arithmetic. */

// The server will not want this page later either: bad frame, token or session gone, forbidden, version.
const FINAL = [4400, 4401, 4403, 4406];

/**
 * @param {number} code how the socket was closed
 * @param {number} attempt failures before this one
 * @param {number} random from 0 to 1
 * @returns {number | null} milliseconds, or null for never
 */
export const retryDelay = (code, attempt, random) =>
  FINAL.includes(code)
    ? null
    : random * (code % 1000 === 12 ? 5000 : Math.min(30000, 500 * 2 ** attempt));
