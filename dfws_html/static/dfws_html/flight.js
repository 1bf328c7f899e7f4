/** @file A call of an element from its trigger to its end: what is asked first, sent, marked, shown. */
import { attempt, emit, fail } from "./events.js";
import { formOf } from "./forms.js";
import { lendFocus, mark } from "./marks.js";
import { get } from "./nodes.js";
import { pretend } from "./optimistic.js";
import { place } from "./signals.js";
import { show } from "./swaps.js";
import { enter, isFull, laneOf, leave, supersede } from "./sync.js";
import { current, seek, snapshot } from "./targets.js";

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
 * A page that shows a dialog of its own prevents the question, and says by `detail.proceed(yes)` how it ended.
 * @param {Element} element
 * @param {import("./attribute.js").Call} call
 * @param {() => Record<string, unknown>} read the arguments as they are now; throws if they can't be read
 * @param {Submission} [submission] if the call is a form's submission
 */
export function launch(element, call, read, submission) {
  const { name: signal, confirm: message } = call;
  const detail = { signal, element };
  /** @type {import("./sync.js").Flight | undefined} */
  const flight = attempt("sync", detail, () => ({
    ...laneOf(element, call),
    detail,
    start() {},
  }));
  if (!flight || isFull(flight)) return;
  let go = () => {
    const opts = attempt("value", detail, read);
    flight.start = () =>
      attempt("target", detail, () => fly(flight, element, call, opts, submission));
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

/**
 * Throws, and sends nothing, if an element that the call names is not there.
 * @param {import("./sync.js").Flight} flight
 * @param {any} element
 * @param {import("./attribute.js").Call} call
 * @param {Record<string, unknown> | undefined} opts
 * @param {Submission} [submission]
 */
function fly(flight, element, call, opts, submission) {
  const { target, swap, busy, disable, optimistic, reset, form, value, timeout } = call;
  const reply = !!submission || ANSWERED.some((key) => call[key] != null) || undefined;
  /** @param {string | false | null | undefined} text */
  const at = (text) => (text ? seek(element, text) : undefined);
  const region = at(target ?? (swap && "this"));
  const disabled = at(disable);
  const marked = at(busy) ?? region;
  const sent = snapshot(
    submission || form || reset ? (submission?.form ?? formOf(element)) : value && element,
  );
  // The buttons that would make the same call once more.
  const buttons = [submission?.submitter, ...(get(element, "elements") ?? [])].filter(
    (one) => submission && flight.how === "drop" && /^(submit|image)$/.test(one?.type),
  );
  /** @type {(() => void) | undefined} */
  let unmark;
  place(
    Object.assign(flight, {
      reply,
      prepare() {
        supersede(flight);
        if (reply) unmark = mark(element, marked, buttons, disabled);
        if (optimistic) flight.rewind = pretend(element, optimistic, flight.detail);
      },
      /** @param {import("./events.js").Detail} outcome */
      settle({ result, ...detail }) {
        leave(flight, () => {
          flight.rewind?.();
          unmark?.();
          if (detail.code) return;
          if (!flight.refused && (submission || reset)) sent.settle(reset);
          const how = swap ?? "innerHTML";
          if (!region || result == null || /^none/.test(how)) return;
          if (typeof result !== "string") fail("not-html", JSON.stringify(result), detail);
          else show(current(region), how, result, { detail, mayWrite: sent.mayWrite });
        });
      },
    }),
    opts,
    { timeout: timeout ?? undefined },
  );
}
