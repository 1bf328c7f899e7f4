/** @file One websocket that stays: when to connect, whether it lives, when to try again. */
import { retryDelay } from "./backoff.js";
import { emit, report } from "./events.js";
import { HEARTBEAT } from "./protocol.js";

/** @typedef {"connecting" | "open" | "retrying" | "closed"} State */

/**
 * @typedef {object} Ends what the socket is tied to
 * @property {string} url
 * @property {() => string} hello the first frame
 * @property {(text: string) => void} receive
 * @property {() => void} closed no socket will come any more
 */

const PATIENCE = 20000; // from connecting to the welcome
const ANSWER = 10000; // from a heartbeat to any frame
const JUMP = 40000; // between two ticks of one second: the machine slept
const STABLE = 30000;
const FLASH = 1000;

/** @type {State | undefined} */
let state;
/** @type {Ends} */
let ends;
/** @type {WebSocket | null} */
let socket = null;
let attempt = 0;
let opened = 0;
let beat = 0; // milliseconds of quiet between heartbeats
let probeAt = Infinity;
let deadline = Infinity;
let ticked = 0;
/** @type {ReturnType<typeof setTimeout>} */
let retry;
/** @type {ReturnType<typeof setTimeout>} */
let painting;

const steady = () => performance.now();

export const isOpen = () => state === "open";
export const isClosed = () => state === "closed";

/** @param {Ends} given */
export function start(given) {
  ends = given;
  become("connecting");
  connect();
  addEventListener("pagehide", () => {
    release();
    clearTimeout(retry);
    if (!isClosed()) become("retrying");
  });
  for (const type of ["online", "pageshow", "resume", "visibilitychange"]) {
    addEventListener(type, wake, true); // those of the document pass here too
  }
}

/** For a page without a window: no socket will ever be. */
export function close() {
  state = "closed";
}

/**
 * The server has welcomed us.
 * @param {number} seconds of quiet before a heartbeat
 */
export function welcomed(seconds) {
  beat = seconds * 1000;
  opened = steady();
  become("open");
  rest();
  emit("connected");
}

/**
 * @param {string} text
 * @returns {boolean} whether it was handed to the network
 */
export function send(text) {
  const ready = isOpen() && socket?.readyState === 1;
  if (ready) socket?.send(text);
  return ready;
}

/** To be called each second. */
export function tick() {
  const slept = Date.now() - ticked > JUMP && !document.hidden; // hidden pages tick once a minute
  ticked = Date.now();
  if (!socket) return;
  if (slept || steady() > deadline) lose(1006);
  else if (steady() > probeAt) probe();
}

/** @param {State} next */
function become(next) {
  if (next === state) return;
  state = next;
  clearTimeout(painting);
  const paint = () => document.documentElement.setAttribute("data-df-connection", next);
  if (next === "retrying") painting = setTimeout(paint, FLASH);
  else paint();
}

function connect() {
  clearTimeout(retry);
  ticked = Date.now();
  deadline = steady() + PATIENCE;
  const mine = new WebSocket(ends.url);
  socket = mine;
  mine.onopen = () => mine.send(ends.hello());
  mine.onmessage = ({ data }) => {
    if (isOpen()) rest();
    ends.receive(data);
  };
  mine.onclose = ({ code, reason }) => lose(code, reason);
}

/** Something was heard. */
function rest() {
  deadline = Infinity;
  probeAt = steady() + beat * (0.8 + 0.4 * Math.random());
}

function probe() {
  probeAt = Infinity;
  deadline = Math.min(deadline, steady() + ANSWER);
  send(HEARTBEAT);
}

/** Lets go of the socket without waiting for a dead network to say so. */
function release() {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
  probeAt = Infinity;
  if (!isOpen()) return;
  if (steady() - opened > STABLE) attempt = 0;
  emit("disconnected");
}

/**
 * @param {number} code
 * @param {string} [message]
 */
function lose(code, message) {
  release();
  const delay = retryDelay(code, attempt++, Math.random());
  if (delay === null) {
    become("closed");
    report("refused", { code: `${code}`, message });
    ends.closed();
  } else {
    become("retrying");
    retry = setTimeout(connect, delay);
  }
}

function wake() {
  if (document.hidden) return;
  ticked = Date.now();
  if (isOpen()) probe();
  else if (state === "retrying" && !socket) connect();
}
