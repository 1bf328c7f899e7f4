/** @file What each frame of the server does here. */
import { emit, fail } from "./events.js";
import { acknowledge, settle, sweep } from "./outbox.js";
import { adopt, raise, take } from "./positions.js";
import { adoptWindow, c, subscribe } from "./session.js";
import { deliver } from "./signals.js";
import { send, welcomed } from "./socket.js";

/** A token whose topics the server has not taken yet. @type {string | null} */
let wanted = null;

/**
 * The window's topics become those of a token that an HTTP answer's header brought.
 * @param {string | null} token
 */
export function takeTopics(token) {
  wanted = token;
  if (token) send(JSON.stringify({ df: "topics", token }));
}

/** @type {Record<string, (frame: any) => void>} */
const controls = {
  // @ts-expect-error a table without inherited names, as the frame is foreign
  __proto__: null,
  welcome(frame) {
    adoptWindow(frame);
    adopt(frame.life);
    subscribe(frame);
    welcomed(frame.hb);
    takeTopics(wanted);
    sweep(true);
  },
  topics(frame) {
    wanted = null;
    subscribe(frame);
    // What ordered it stands in the window's own topic, and is not to be told again.
    if (frame.o) raise(frame.o, [0]);
  },
  hb: ({ pos }) => raise(pos),
  ack: ({ n }) => acknowledge(n),
  nack: (frame) => settle(frame.n, "error", frame, 2),
  done: answer,
  fail: answer,
  resync({ t: topics, pos, life, spread }) {
    adopt(life);
    raise(pos, topics);
    emit("resync", { topics, spread });
  },
};

/** @param {any} frame */
function answer(frame) {
  const { df, call, code, error } = frame;
  const [load, n] = call.split(".");
  if (!take(frame) || load !== c) return;
  const outcome = df === "done" ? df : code === "unknown" ? code : "error";
  settle(+n, outcome, { ...frame, message: error });
}

/** @param {string} text */
export function receive(text) {
  try {
    const frame = JSON.parse(text);
    const { df, signal, opts = {}, signal_id } = frame;
    if (df) controls[df]?.(frame);
    else if (!signal) throw new Error(text);
    else if (take(frame)) deliver(signal, opts, signal_id);
  } catch (error) {
    fail("frame", error);
  }
}
