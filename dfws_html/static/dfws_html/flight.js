/** @file A call of an element from its trigger to its end: what is asked first, sent, marked, shown. */
import { untouch } from "./controls.js";
import { fail } from "./events.js";
import { call as callSignal } from "./signals.js";

/**
 * @typedef {object} Submission
 * @property {HTMLFormElement} form
 * @property {HTMLElement | null} submitter
 */

/**
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {() => Record<string, unknown>} read the arguments as they are now; throws if they can't be read
 * @param {Submission} [submission] if the call is a form's submission
 */
export function launch(element, { name }, read, submission) {
  try {
    callSignal(name, read(), {}, element, submission ? true : undefined, ({ code }) => {
      if (submission && !code) untouch(submission.form);
    });
  } catch (error) {
    fail("value", error, { signal: name, element });
  }
}
