/** @file The window's websocket, watched: what went over it, and a place for those who disturb it. */

const KEPT = 500; // frames

/**
 * @typedef {object} Noted
 * @property {number} at milliseconds since the page's start
 * @property {"in" | "out"} way
 * @property {string} text
 */

/** The last frames. @type {Noted[]} */
export const frames = [];

/** @type {(way: Noted["way"], go: () => void) => void} */
let meddle = (_way, go) => go();
/** @type {((noted: Noted) => void)[]} */
const watchers = [];
/** @type {any} */
let socket;
/** @type {any} */
let handler = null;

/** @param {typeof meddle} other decides when, how often and whether a frame goes on */
export function disturb(other) {
  meddle = other;
}

/** @param {(noted: Noted) => void} watcher */
export const watch = (watcher) => watchers.push(watcher);

/** Breaks the connection as a dead network does: the page must notice it by itself. */
export function cut() {
  const last = socket;
  last?.close();
  last?.onclose?.(new CloseEvent("close", { code: 1006 }));
}

/** @param {string} text of a frame, which the page gets as if the server had sent it */
export const inject = (text) => handler?.(new MessageEvent("message", { data: text }));

/**
 * @param {Noted["way"]} way
 * @param {string} text
 */
function note(way, text) {
  const noted = { at: performance.now(), way, text };
  if (frames.push(noted) > KEPT) frames.shift();
  for (const watcher of watchers) watcher(noted);
}

/** @param {WebSocket} made */
function tap(made) {
  socket = made;
  const send = made.send.bind(made);
  /** @param {() => void} act */
  const whileOpen = (act) => () => made.readyState === WebSocket.OPEN && act();
  made.send = (/** @type {any} */ text) => {
    note("out", text);
    meddle(
      "out",
      whileOpen(() => send(text)),
    );
  };
  /** @type {any} */
  let own = null;
  Object.defineProperty(made, "onmessage", {
    get: () => own,
    set(listener) {
      own = listener;
      handler = listener;
    },
  });
  made.addEventListener("message", (event) => {
    note("in", event.data);
    meddle(
      "in",
      whileOpen(() => own?.(event)),
    );
  });
}

/** From now on the window's own sockets are watched; those of other scripts are left alone. */
export function begin() {
  window.WebSocket = new Proxy(window.WebSocket, {
    construct(native, [url, ...rest]) {
      const made = new native(url, ...rest);
      const meta = /** @type {any} */ (document.querySelector("meta[name=dfws]"));
      const ours = new URL(meta?.dataset.url ?? "/ws/", location.href).pathname;
      if (meta && new URL(made.url).pathname === ours) tap(made);
      return made;
    },
  });
}
