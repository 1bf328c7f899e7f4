/** @file One call on one event: whether the event is heeded and prevented, and what is to be sent. */

import { get, invoke, isForm } from "./nodes.js";
import { cancel, schedule } from "./timing.js";

/** Events that we have prevented: whatever prevented the others said no. @type {WeakSet<Event>} */
const ours = new WeakSet();

/**
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {any} event
 */
export function react(element, call, event) {
  const { prevent } = call;
  const { target } = event;
  // One that is heard from elsewhere does nothing to this element.
  const click = event.type === "click" && event.composedPath().includes(element);
  // A submission: a submit, or a click on a button that would lead to one.
  const submitted =
    /^(submit|image)$/.test((click ? element : event).type) && (click ? element.form : target);
  const submitter = click ? element : event.submitter;
  const submits = isForm(submitted);
  const link = click && invoke(element, "matches", ":any-link");
  /** A click that would not show another page here. */
  const elsewhere =
    link &&
    (event.button ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey ||
      invoke(element, "matches", '[download],[target]:not([target=""],[target=_self i])'));
  if (
    ((submits || link) && prevent !== false && event.defaultPrevented && !ours.has(event)) ||
    (elsewhere && prevent == null)
  ) {
    return;
  }
  // A dialog is the browser's to close.
  if (
    prevent ??
    (link || (submits && (submitter?.formMethod || get(submitted, "method")) !== "dialog"))
  ) {
    ours.add(event);
    event.preventDefault();
  }
  // A submit comes after the browser's own validation, a button's click before.
  const validates = click && submits && !get(submitted, "noValidate") && !element.formNoValidate;
  if (validates && !invoke(submitted, "reportValidity")) return;
  if (submits) cancel(submitted);
  schedule(element, call, target, submits ? { form: submitted, submitter } : undefined);
}
