/** @file A call of an element from its trigger to its end: what is asked first, sent, marked, shown. */
import { attempt, emit, fail } from "./events.js";
import { formOf } from "./forms.js";
import { lendFocus, mark } from "./marks.js";
import { current, get } from "./nodes.js";
import { pretend } from "./optimistic.js";
import { place } from "./signals.js";
import { readSwap, show } from "./swaps.js";
import { enter, isFull, laneOf, leave, supersede } from "./sync.js";
import { seek, snapshot } from "./targets.js";

/**
 * @typedef {object} Submission
 * @property {HTMLFormElement} form
 * @property {HTMLElement | null} submitter
 */

/** What tells a form's submissions apart. @type {WeakMap<any, object>} */
export const submissions = new WeakMap();

/** Keys that need to know when the call has ended. */
const ANSWERED = /** @type {(keyof import("./attribute.js").Call)[]} */ (
  "target swap sync busy disable reset optimistic task timeout".split(" ")
);

/**
 * A page that shows a dialog of its own prevents the question, and says by `detail.proceed(yes)` how it ended.
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {() => Record<string, unknown>} read the arguments as they are now; throws if they can't be read
 * @param {Submission} [submission] if the call is a form's submission
 */
export function launch(element, call, read, submission) {
  const { target, swap, optimistic, reset, timeout, confirm: message } = call;
  const detail = { signal: call.name, element };
  const form = formOf(element);
  const last = submissions.get(form);
  const flight = attempt("sync", detail, () => laneOf(element, call, detail));
  if (!flight || isFull(flight)) return;
  /** @type {Record<string, unknown> | undefined} */
  let opts;
  /** Sends nothing if an element that the call names is not there: it throws. */
  flight.start = () => {
    // Its form was sent while it waited, and with it what this would have said.
    if (/^(input|change)$/.test(call.on.type) && submissions.get(form) !== last) return;
    /** @param {any} text */
    const at = (text) => text && seek(element, text);
    const region = at(target ?? (swap && "this"));
    const disabled = at(call.disable);
    const marked = at(call.busy) ?? region;
    if (reset && !form) throw new Error("reset");
    if (swap && readSwap(swap).method == null) throw new Error(swap);
    const sent = snapshot(submission || call.form || reset ? form : call.value && element);
    // The buttons that would make the same call once more.
    const buttons =
      submission && flight.how === "drop"
        ? [submission.submitter, ...(get(element, "elements") ?? [])].filter((one) =>
            /^(submit|image)$/.test(one?.type),
          )
        : [];
    /** @type {(() => void) | undefined} */
    let unmark;
    flight.reply = !!submission || ANSWERED.some((key) => call[key] != null) || undefined;
    flight.prepare = () => {
      supersede(flight);
      if (flight.reply) unmark = mark(element, marked, buttons, disabled);
      if (optimistic) flight.rewind = pretend(element, optimistic, detail);
    };
    flight.settle = ({ result, ...outcome }) =>
      leave(flight, () => {
        flight.rewind?.();
        unmark?.();
        if (outcome.code) return;
        if (!flight.refused && (submission || reset)) sent.settle(reset);
        const how = swap ?? "innerHTML";
        if (!region || result == null || /^none/.test(how)) return;
        if (typeof result !== "string") fail("not-html", JSON.stringify(result), outcome);
        else show(current(region), how, result, { detail: outcome, mayWrite: sent.mayWrite });
      });
    place(flight, opts, /** @type {any} */ ({ timeout }));
  };
  let go = () => {
    opts = attempt("value", detail, read);
    if (opts) enter(flight);
  };
  const giveBack = lendFocus();
  const proceed = (yes = true) => {
    giveBack();
    if (yes) go();
    go = () => {};
  };
  if (!message || emit("confirm", { ...detail, message, proceed })) {
    proceed(!message || confirm(message));
  }
}
