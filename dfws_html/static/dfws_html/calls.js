/** @file One call on one event: whether the event is heeded and prevented, and what is sent. */

import { launch } from "./flight.js";
import { controlValue, formFields } from "./forms.js";
import { get, invoke, isForm } from "./nodes.js";

/** Events that we have prevented: whatever prevented the others said no. @type {WeakSet<Event>} */
const ours = new WeakSet();

/**
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {any} event
 */
export function react(element, call, event) {
  const { on, form, value, opts, prevent } = call;
  const click = event.type === "click";
  // A submission: a submit, or a click on a button that would lead to one.
  const submitted =
    /^(submit|image)$/.test((click ? element : event).type) &&
    (click ? element.form : event.target);
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
  if (on.spent || (validates && !invoke(submitted, "reportValidity"))) return;
  on.spent = on.once;
  launch(
    element,
    call,
    () => {
      const all = structuredClone(opts ?? {});
      if (form) all[form] = formFields(element, submitted, submitter);
      if (value) all[value] = controlValue(element, event.target);
      return all;
    },
    submits ? { form: submitted, submitter } : undefined,
  );
}
