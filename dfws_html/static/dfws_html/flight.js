/** @file A call of an element from its trigger to its end: what is asked first, sent, marked, shown. */
import { confirm } from "./confirm.js";
import { attempt, fail } from "./events.js";
import { mark } from "./marks.js";
import { get, invoke, isForm } from "./nodes.js";
import { pretend } from "./optimistic.js";
import { place } from "./signals.js";
import { show } from "./swaps.js";
import { enter, isFull, laneOf, leave, supersede } from "./sync.js";
import { remember, seek, snapshot } from "./targets.js";

/**
 * @typedef {object} Submission
 * @property {HTMLFormElement} form
 * @property {HTMLElement | null} submitter
 */

/** Keys that need to know when the call has ended. */
const ANSWERED = /** @type {(keyof import("./attribute.js").Call)[]} */ (
  "target swap sync busy disable reset optimistic task timeout".split(" ")
);

/**
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {() => Record<string, unknown>} read the arguments as they are now; throws if they can't be read
 * @param {Submission} [submission] if the call is a form's submission
 */
export function launch(element, call, read, submission) {
  const detail = { signal: call.name, element };
  attempt("sync", detail, () => {
    const lane = laneOf(element, call);
    const go = () =>
      attempt("value", detail, () => {
        const opts = read();
        /** @type {import("./sync.js").Flight} */
        const flight = {
          ...lane,
          start: () =>
            attempt("target", detail, () => fly(flight, element, call, opts, submission)) ||
            leave(flight),
        };
        enter(flight);
      });
    if (isFull(lane)) return;
    if (call.confirm) confirm({ ...detail, message: call.confirm }, go);
    else go();
  });
}

/**
 * Throws, and sends nothing, if an element that the call names is not there.
 * @param {import("./sync.js").Flight} flight
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {Record<string, unknown>} opts
 * @param {Submission} [submission]
 */
function fly(flight, element, call, opts, submission) {
  const { target, swap, busy, disable, optimistic } = call;
  const reply = !!submission || ANSWERED.some((key) => call[key] != null) || undefined;
  const at = (/** @type {string | false | null | undefined} */ text) =>
    text ? seek(element, text) : undefined;
  const region = at(target ?? (swap && "this"));
  const disabled = at(disable);
  const marked = at(busy) ?? region;
  const recall = region && remember(region);
  const form = submission?.form ?? get(element, "form") ?? invoke(element, "closest", "form");
  const buttons = submission && flight.how === "drop" ? submitsOf(element, submission) : [];
  const sent = snapshot((submission || call.form || call.reset) && form, call.value && element);
  let rewind = () => {};
  let unmark = () => {};
  let accepted = true;

  /** @param {import("./events.js").Detail} outcome */
  const end = (outcome) =>
    leave(flight, () => {
      rewind();
      unmark();
      if (outcome.code) return;
      if (accepted && (submission || call.reset)) sent.settle(!!call.reset);
      if (recall) land(recall(), swap ?? "innerHTML", outcome, sent.mayWrite);
    });

  flight.n = place(
    call.name,
    opts,
    { timeout: call.timeout ?? undefined },
    {
      element,
      reply,
      prepare() {
        const superseded = supersede(flight);
        if (reply) unmark = mark(element, marked, buttons, disabled);
        if (optimistic) rewind = pretend(element, optimistic, { signal: call.name, element });
        return superseded;
      },
      caused(signal) {
        rewind();
        if (signal === "forms.errors") accepted = false;
      },
      // One that may be overtaken is so until its page forgets it.
      acked: reply || flight.how === "replace" ? undefined : () => end({}),
      settle: end,
    },
  );
  return true;
}

/**
 * @param {Element} element
 * @param {Submission} submission
 * @returns {Element[]} the buttons that would make the same call once more
 */
const submitsOf = (element, { form, submitter }) =>
  /** @type {any[]} */ ([submitter, ...(isForm(element) ? get(form, "elements") : [])]).filter(
    (one) => /^(submit|image)$/.test(one?.type),
  );

/**
 * @param {Element | null} target
 * @param {string} how
 * @param {import("./events.js").Detail} outcome
 * @param {(control: Element) => boolean} mayWrite
 */
function land(target, how, { result, ...detail }, mayWrite) {
  if (result == null || /^none/.test(how)) return;
  if (!target) fail("target-gone", how, detail);
  else if (typeof result !== "string") fail("not-html", JSON.stringify(result), detail);
  else show(target, how, result, { detail, mayWrite });
}
