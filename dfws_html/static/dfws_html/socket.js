/** @file One websocket that stays: when to connect, whether it lives, when to try again. */
import { retryDelay } from "./backoff.js";
import { now } from "./clock.js";
import { emit } from "./events.js";
import { HEARTBEAT } from "./protocol.js";
import { hello } from "./session.js";

const PATIENCE = 20000; // from connecting to the welcome
const ANSWER = 10000; // from a heartbeat to any frame
const JUMP = 40000; // between two ticks of one second: the machine slept
const STABLE = 30000;
const FLASH = 1000;

/** Undefined before the start. @type {"connecting" | "open" | "retrying" | "closed" | undefined} */
let state;
/** @type {string} */
let address;
/** @type {(text: string) => void} */
let receive;
/** @type {(code: number, message?: string) => void} */
let ended;
/** The living one, if any. @type {any} */
let socket;
let attempt = 0;
let opened = 0;
let beat = 0; // milliseconds of quiet before a heartbeat
let ticked = 0;
/** What is next if nothing comes: a heartbeat, the socket's end, another try. @type {ReturnType<typeof setTimeout>} */
let next;

export const isOpen = () => state === "open";
export const isClosed = () => state === "closed";

/**
 * To be called once, before any other.
 * @param {(text: string) => void} receiver
 * @param {(code: number, message?: string) => void} finished takes the end after which nobody tries again
 */
export function start(receiver, finished) {
  receive = receiver;
  ended = finished;
  addEventListener("pagehide", drop);
  for (const type of ["online", "pageshow", "resume", "visibilitychange"]) {
    addEventListener(type, wake, true); // those of the document pass here too
  }
}

/**
 * Says hello, or says it anew, at once.
 * @param {string} [url]
 */
export function restart(url = "/ws/") {
  address = new URL(url, location.href).href.replace("http", "ws");
  drop();
  pause();
  connect();
}

/** Sends nothing more over this socket, but goes on to receive. */
export const pause = () => become("connecting");

/** For a page without a window: until another comes. */
export function close() {
  drop();
  become("closed");
}

function drop() {
  if (socket) lose(1012);
  clearTimeout(next);
}

/**
 * The server has welcomed us.
 * @param {number} seconds of quiet before a heartbeat
 */
export function welcomed(seconds) {
  beat = seconds * 1000;
  opened = now();
  become("open");
}

/**
 * @param {string} text
 * @returns {boolean} whether it was handed to the network
 */
export function send(text) {
  const ready = isOpen() && socket?.readyState === 1;
  if (ready) socket.send(text);
  return ready;
}

/** To be called each second. */
export function tick() {
  const before = ticked;
  ticked = now();
  // Hidden pages tick once a minute.
  if (socket && ticked - before > JUMP && !document.hidden) lose(1006);
}

/** @param {NonNullable<typeof state>} other */
function become(other) {
  if (isOpen()) emit("disconnected");
  state = other;
  const paint = () => {
    document.documentElement.dataset.dfConnection = state;
  };
  if (state === "retrying") setTimeout(paint, FLASH);
  else paint();
}

/**
 * Takes the place of what was to happen.
 * @param {() => void} act
 * @param {number} milliseconds
 */
function expect(act, milliseconds) {
  clearTimeout(next);
  next = setTimeout(act, milliseconds);
}

function connect() {
  ticked = now();
  socket = new WebSocket(address);
  socket.onopen = () => socket.send(hello());
  socket.onmessage = (/** @type {MessageEvent} */ { data }) => {
    receive(data);
    expect(probe, beat * (0.8 + 0.4 * Math.random()));
  };
  socket.onclose = (/** @type {CloseEvent} */ { code, reason }) => lose(code, reason);
  expect(lose, PATIENCE);
}

function probe() {
  send(HEARTBEAT);
  expect(lose, ANSWER);
}

/**
 * Lets go of the socket without waiting for a dead network to say so.
 * @param {number} [code]
 * @param {string} [message]
 */
function lose(code = 1006, message) {
  socket.onclose = null;
  socket.close();
  socket = null;
  if (isOpen() && now() - opened > STABLE) attempt = 0;
  const delay = retryDelay(code, attempt++, Math.random());
  become(delay === null ? "closed" : "retrying");
  if (delay === null) {
    drop();
    ended(code, message);
  } else {
    expect(connect, delay);
  }
}

function wake() {
  if (document.hidden) return;
  ticked = now();
  if (!socket) isClosed() || connect();
  else if (isOpen()) probe();
}
