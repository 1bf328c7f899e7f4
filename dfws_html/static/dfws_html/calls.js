/** @file One call on one event: whether the event is heeded and prevented, and what is to be sent. */

import { say } from "./events.js";
import { get, invoke, isForm } from "./nodes.js";
import { schedule } from "./timing.js";

/** Events that we have prevented: whatever prevented the others said no. @type {WeakSet<Event>} */
const ours = new WeakSet();

/**
 * @param {import("./attribute.js").Job} job
 * @param {any} element
 * @param {any} event
 */
export function react(job, element, event) {
  const { prevent } = job.call;
  const { target } = event;
  // One that is heard from elsewhere does nothing to this element.
  const click = event.type === "click" && event.composedPath().includes(element);
  // A submission: a submit, or a click on a button that would lead to one.
  const { type, form, submitter } = click
    ? { type: element.type, form: element.form, submitter: element }
    : { type: event.type, form: target, submitter: event.submitter };
  const submission =
    /^(submit|image)$/.test(type) && isForm(form) ? { form, submitter } : undefined;
  const link = click && invoke(element, "matches", ":any-link");
  /** A click that would not show another page here. */
  const elsewhere =
    link &&
    (event.button ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey ||
      element.matches('[download],[target]:not([target=""],[target=_self i])'));
  if (
    ((submission || link) && prevent !== false && event.defaultPrevented && !ours.has(event)) ||
    (elsewhere && prevent == null)
  ) {
    return;
  }
  // A dialog is the browser's to close.
  if (
    prevent ??
    (link || (submission && (submitter?.formMethod || get(form, "method")) !== "dialog"))
  ) {
    ours.add(event);
    event.preventDefault();
  }
  if (submission) {
    // A submit comes after the browser's own validation, a button's click before.
    if (
      click &&
      !get(form, "noValidate") &&
      !element.formNoValidate &&
      !invoke(form, "reportValidity")
    ) {
      return;
    }
  }
  say();
  schedule(job, target, submission);
}
