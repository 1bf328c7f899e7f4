/** @file What each frame of the server does here. */
import { watchAddresses } from "./addresses.js";
import { emit, fail, report } from "./events.js";
import { pass } from "./holding.js";
import { acknowledge, isWanted, settle, sweep } from "./outbox.js";
import { adopt, raise, take } from "./positions.js";
import { refresh, resync } from "./refresh.js";
import { adoptWindow, c, subscribe } from "./session.js";
import { connect, deliver } from "./signals.js";
import { welcomed } from "./socket.js";
import { takeTopics, topicsTaken } from "./topics.js";
import { inTurn } from "./turns.js";
import { verbs } from "./verbs.js";

/** Welcomes for which the page counts as restored by Back or Forward: up to the first one, and until the second. */
let restored = /^back/.test(
  /** @type {any} */ (performance.getEntriesByType("navigation")[0])?.type,
)
  ? 2
  : 0;

addEventListener("pageshow", ({ persisted }) => {
  if (persisted) restored = 2;
});

/** @type {Record<string, (frame: any) => void>} */
const controls = {
  // @ts-expect-error a table without inherited names, as the frame is foreign
  __proto__: null,
  welcome(frame) {
    if (restored) restored--;
    adoptWindow(frame);
    adopt(frame.life);
    subscribe(frame);
    welcomed(frame.hb);
    takeTopics();
    sweep(true);
    // Last: what its listeners call goes out by itself.
    emit("connected");
  },
  topics(frame) {
    subscribe(frame);
    // What ordered it stands in the window's own topic, and is not to be told again.
    if (frame.o) raise(frame.o, [0]);
    else topicsTaken();
  },
  hb: ({ pos }) => raise(pos),
  ack: ({ n }) => acknowledge(`${c}.${n}`),
  nack: ({ n, ...answer }) =>
    settle(n && `${c}.${n}`, "error", answer, answer.code === "doubt" ? 1 : 2),
  done: answer,
  fail: answer,
  resync({ t: topics, pos, life, spread }) {
    adopt(life);
    raise(pos, topics);
    // At once where a visitor has gone back to the page.
    resync(topics, restored ? 0 : spread, "refresh");
  },
};

/** @param {any} frame */
function answer(frame) {
  const { df, call, code, error } = frame;
  take(frame);
  if (!call) return;
  const outcome = df === "done" ? df : code === "unknown" ? code : "error";
  settle(call, outcome, { ...frame, message: error });
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
  if (/^440[16]/.test(`${code}`)) refresh(`${code}`);
  else report("refused", { code: `${code}`, message });
}

verbs.set("html.refresh", new Set());
const renew = () => {
  refresh();
};
connect("html.refresh", renew);
watchAddresses(renew);

/** @param {string} text */
export async function receive(text) {
  try {
    const frame = JSON.parse(text);
    // Answers to what the page itself sent change nothing that is seen.
    await pass(frame, /^(welcome|n?ack)$/.test(frame.df) ? apply : turn);
  } catch (error) {
    fail("frame", error);
  }
}
