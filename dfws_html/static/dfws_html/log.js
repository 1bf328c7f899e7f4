/** @file The only place that writes to the console: one line for each thing that went wrong. */

/**
 * @param {"error" | "debug"} level
 * @param {import("./events.js").Detail} detail
 */
export const log = (level, { code, signal, message, element, traceback }) =>
  console[level]("dfws", code, signal ?? "", message, element ?? "", traceback ?? "");
