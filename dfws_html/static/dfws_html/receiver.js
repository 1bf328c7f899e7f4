/** @file What each frame of the server does here. */
import { emit, fail } from "./events.js";
import { acknowledge, crash, finish, refuse, resend } from "./outbox.js";
import { adopt, life, once, positions, raise, setTopics } from "./positions.js";
import { VERSION } from "./protocol.js";
import { session } from "./session.js";
import { deliver } from "./signals.js";
import { send, welcomed } from "./socket.js";

/** A token whose topics the server has not taken yet. @type {string | null} */
let wanted = null;

/** @returns {string} the first frame on each socket */
export function hello() {
  const { token, c } = session;
  const url = location.href;
  return JSON.stringify({ df: "hello", v: VERSION, token, c, life, pos: positions(), url });
}

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
    session.window = frame.w;
    session.limit = frame.lim?.frame ?? session.limit;
    adopt(frame.life);
    subscribed(frame);
    welcomed(frame.hb);
    takeTopics(wanted);
    resend();
  },
  topics(frame) {
    wanted = null;
    subscribed(frame);
  },
  hb: ({ pos }) => raise(pos),
  ack: ({ n }) => acknowledge(n),
  nack: ({ n, code, message }) => refuse(n, code, message),
  done: (frame) => answer(frame, (n) => finish(n, frame.result)),
  fail: (frame) => answer(frame, (n) => crash(n, frame.code, frame.error, frame.traceback)),
  resync({ t: topics, pos, life, spread }) {
    adopt(life);
    raise(pos, topics);
    emit("resync", { topics, spread });
  },
};

/** @param {string} text */
export function receive(text) {
  try {
    const frame = JSON.parse(text);
    if (frame.df) controls[frame.df]?.(frame);
    else if (!frame.signal) throw new Error(text);
    else numbered(frame, () => deliver(frame.signal, frame.opts ?? {}, frame.signal_id));
  } catch (error) {
    fail("frame", error);
  }
}

/** @param {{t: (string | null)[], pos?: Record<number, number>, token?: string}} frame */
function subscribed({ t, pos, token }) {
  session.token = token ?? session.token;
  setTopics(t, pos);
}

/**
 * @param {any} frame
 * @param {(n: number) => void} act
 */
function answer(frame, act) {
  const [c, n] = frame.call.split(".");
  numbered(frame, () => c === session.c && act(+n));
}

/**
 * @param {{o?: number, t?: number[]}} frame
 * @param {() => void} apply
 */
const numbered = ({ o, t = [] }, apply) => (o === undefined ? apply() : once(o, t, apply));
