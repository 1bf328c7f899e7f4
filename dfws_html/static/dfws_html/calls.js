/** @file One call on one event: whether the event is heeded and prevented, and what is sent. */
import { fail } from "./events.js";
import {
  closesDialog,
  controlValue,
  formFields,
  formOf,
  submissionOf,
  validates,
} from "./forms.js";
import { get, invoke } from "./nodes.js";
import { call as callSignal } from "./signals.js";
import { untouch } from "./touched.js";

/** @typedef {import("./attribute.js").Call} Call */

/** Events that we have prevented: whatever prevented the others said no. @type {WeakSet<Event>} */
const ours = new WeakSet();

/**
 * @param {Element} element
 * @param {Call} call
 * @param {import("./triggers.js").Trigger} trigger
 * @param {Event} event
 */
export function react(element, call, trigger, event) {
  const { prevent, name } = call;
  const submission = submissionOf(element, event);
  const link = event.type === "click" && invoke(element, "matches", "a[href],area[href]");
  if ((submission || link) && prevent !== false && event.defaultPrevented && !ours.has(event))
    return;
  if (link && prevent == null && !isPlain(event, element)) return;
  if (prevent ?? (link || (submission && !closesDialog(submission)))) {
    ours.add(event);
    event.preventDefault();
  }
  // A submit comes after the browser's own validation, a button's click before.
  if (trigger.spent || (submission && event.type === "click" && !validates(submission))) return;
  try {
    const opts = collect(element, call, event, submission);
    trigger.spent = trigger.once;
    callSignal(name, opts, {}, element, submission ? true : undefined, (error) => {
      if (submission && !error) untouch(get(submission.form, "elements"));
    });
  } catch (error) {
    fail("value", error, { signal: name, element });
  }
}

/**
 * @param {any} event
 * @param {Element} link
 * @returns {boolean} whether the click would show another page here
 */
const isPlain = ({ button, ctrlKey, metaKey, shiftKey, altKey }, link) =>
  !(button || ctrlKey || metaKey || shiftKey || altKey || link.hasAttribute("download")) &&
  /^(_self)?$/i.test(link.getAttribute("target") ?? "");

/**
 * @param {Element} element
 * @param {Call} call
 * @param {Event} event
 * @param {import("./forms.js").Submission | null} submission
 * @returns {Record<string, unknown>} a copy of the call's own arguments, and the values
 */
function collect(element, { form, value, opts }, event, submission) {
  const all = JSON.parse(JSON.stringify(opts ?? {}));
  if (form) {
    const home = formOf(element);
    if (!home) throw new Error("no form");
    all[form] = formFields(home, submission?.form === home ? submission.submitter : null);
  }
  if (value) {
    all[value] = controlValue(element, event.target);
    if (all[value] === undefined) throw new Error("no control");
  }
  return all;
}
