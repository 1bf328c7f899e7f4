/** @file Wires the parts together and opens the door `window.DFSignals`. */
import { discover } from "./discovery.js";
import { abandon, sweep } from "./outbox.js";
import { adopt } from "./positions.js";
import { WINDOW_HEADER } from "./protocol.js";
import { hello, receive, takeTopics } from "./receiver.js";
import { meta, session } from "./session.js";
import { call, connect, define, stopHolding } from "./signals.js";
import { close, start, tick } from "./socket.js";
import { watchTyping } from "./touched.js";
import { verbs } from "./verbs.js";

const TICK = 1000;

const DFSignals = {
  connect,
  /**
   * Calls the functions connected to a signal, then the server.
   * @param {string} name
   * @param {unknown} [opts]
   * @param {import("./protocol.js").CallOptions} [options]
   * @returns {false} so that `onclick="return DFSignals.call(...)"` prevents the click
   */
  call(name, opts, options) {
    call(name, opts, options);
    return false;
  },
  /**
   * Calls, and waits for what the handler returns.
   * @param {string} name
   * @param {unknown} [opts]
   * @param {import("./protocol.js").CallOptions} [options]
   * @returns {Promise<any>} rejected with an Error that has a `code`
   */
  ask: (name, opts, options) =>
    new Promise((resolve, reject) => {
      call(name, opts, options, undefined, true, (error, result) =>
        error ? reject(error) : resolve(result),
      );
    }),
  /** The window's id, null before the first welcome. */
  get window() {
    return session.window;
  },
  /** For requests of this page: the server then knows its window. */
  headers() {
    const token = session.token || meta()?.content;
    return token ? { [WINDOW_HEADER]: token } : {};
  },
  topics: takeTopics,
};

function open() {
  const page = meta();
  if (!page) {
    close();
    abandon();
    return;
  }
  const { url = "/ws/", pos, life = "" } = page.dataset;
  session.token = page.content;
  adopt(life, pos ? +pos : undefined);
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  start({ url: address.href, hello, receive, closed: abandon });
  setInterval(() => {
    tick();
    sweep();
  }, TICK);
}

/** The document is parsed and its own listeners for that have run: they have connected their functions. */
function parsed() {
  watchTyping();
  setTimeout(() => {
    if (!(/** @type {any} */ (document).prerendering)) open();
    else document.addEventListener("prerenderingchange", open, { once: true });
  });
}

function run() {
  define(verbs);
  discover();
  const [navigation] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
  const loaded = document.readyState === "complete";
  if (loaded || navigation?.domContentLoadedEventStart) parsed();
  else addEventListener("DOMContentLoaded", parsed);
  if (loaded) stopHolding();
  else addEventListener("load", stopHolding);
}

// The script may stand in a page twice.
if (!("DFSignals" in window)) {
  Object.assign(window, { DFSignals });
  run();
}
