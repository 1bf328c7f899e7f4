/** @file What each frame of the server does here. */
import { watchAddresses } from "./addresses.js";
import { fail, report } from "./events.js";
import { pass } from "./holding.js";
import { acknowledge, isWanted, numberOf, settle, sweep } from "./outbox.js";
import { adopt, raise, take } from "./positions.js";
import { refresh, reload, resync } from "./refresh.js";
import { adoptWindow, subscribe } from "./session.js";
import { connect, deliver } from "./signals.js";
import { welcomed } from "./socket.js";
import { takeTopics, topicsTaken } from "./topics.js";
import { inTurn } from "./turns.js";
import { verbs } from "./verbs.js";

/** Whether the page was restored by Back or Forward: before the next welcome, and since the last one. */
let restoring = /^back/.test(
  /** @type {any} */ (performance.getEntriesByType("navigation")[0])?.type,
);
let restored = false;

addEventListener("pageshow", ({ persisted }) => {
  restoring ||= persisted;
});

/** @type {Record<string, (frame: any) => void>} */
const controls = {
  // @ts-expect-error a table without inherited names, as the frame is foreign
  __proto__: null,
  welcome(frame) {
    restored = restoring;
    restoring = false;
    adoptWindow(frame);
    adopt(frame.life);
    subscribe(frame);
    welcomed(frame.hb);
    takeTopics();
    sweep(true);
  },
  topics(frame) {
    subscribe(frame);
    // What ordered it stands in the window's own topic, and is not to be told again.
    if (frame.o) raise(frame.o, [0]);
    else topicsTaken();
  },
  hb: ({ pos }) => raise(pos),
  ack: ({ n }) => acknowledge(n),
  nack: (frame) => settle(frame.n, "error", frame, frame.code === "doubt" ? 1 : 2),
  done: answer,
  fail: answer,
  resync({ t: topics, pos, life, spread }) {
    adopt(life);
    raise(pos, topics);
    // At once where a visitor has gone back to the page.
    resync(topics, restored ? 0 : spread, "resync");
  },
};

/** @param {any} frame */
function answer(frame) {
  const { df, call, code, error } = frame;
  const n = numberOf(call);
  if (!take(frame) || !n) return;
  const outcome = df === "done" ? df : code === "unknown" ? code : "error";
  settle(n, outcome, { ...frame, message: error });
}

/** @param {any} frame */
function apply(frame) {
  const { df, signal, opts = {}, signal_id } = frame;
  if (df) controls[df]?.(frame);
  else if (!signal) throw new Error(JSON.stringify(frame));
  else if (take(frame) && isWanted(frame)) deliver(signal, opts, signal_id);
}

/** @param {any} frame */
const turn = (frame) => inTurn(() => apply(frame), { code: "frame" });

/**
 * The server wants no socket of this page any more.
 * @param {number} code
 * @param {string} [message]
 */
export function ended(code, message) {
  if (code === 4401) refresh("4401");
  else if (code !== 4406 || !reload()) report("refused", { code: `${code}`, message });
}

verbs.set("html.refresh", new Set());
const renew = () => {
  refresh();
};
connect("html.refresh", renew);
watchAddresses(renew);

/** @param {string} text */
export function receive(text) {
  try {
    const frame = JSON.parse(text);
    // Answers to what the page itself sent change nothing that is seen.
    if (/^(welcome|n?ack)$/.test(frame.df)) apply(frame);
    else pass(frame, turn);
  } catch (error) {
    fail("frame", error);
  }
}
