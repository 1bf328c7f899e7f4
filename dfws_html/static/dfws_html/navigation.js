/** @file Requests of htmx and Turbo name the window; topics and window follow what comes of them. */
import { hold, told } from "./holding.js";
import { enter, seen, shown } from "./page.js";
import { WINDOW_HEADER } from "./protocol.js";
import { refresh, resync } from "./refresh.js";
import { linkTo } from "./safety.js";
import { headers, meta, windowId } from "./session.js";
import { takeTopics } from "./topics.js";

const PATIENCE = 10000; // milliseconds that frames wait for an answer

/** What ends each request on its way, by what its events have in common. @type {Map<any, (token?: string | null) => void>} */
const asked = new Map();
/** The same by answers of Turbo. @type {WeakMap<Response, any>} */
const answered = new WeakMap();
/** An answer whose stream elements are still to come. @type {Response | undefined} */
let streaming;
/** Before Turbo shows a page. @type {HTMLElement} */
let body;

const ownId = () => windowId ?? meta()?.dataset.w;
const messages = () => document.querySelector("[data-df-status]");

/**
 * A request leaves: it names the window, unless it goes to another origin.
 * @param {any} key to know its answer by
 * @param {string} url
 * @param {any} options as those of `fetch`
 */
function ask(key, url, options) {
  const own = headers();
  if (!own[WINDOW_HEADER] || linkTo(url).origin !== origin) return;
  Object.assign(options.headers, own);
  options.mode = "same-origin"; // no redirect takes the token elsewhere
  const id = ownId();
  const before = told;
  const status = messages();
  const release = hold(PATIENCE);
  /** @param {string | null} [token] of an answer that is shown, null if it has none */
  const end = (token) => {
    if (asked.get(key) === end) asked.delete(key);
    const isOther = token && id !== ownId();
    if (token && !isOther) takeTopics(token);
    release();
    if (token === undefined) return;
    // What was told to the old content while the new one was made may be missing in that.
    if (isOther || told !== before) resync();
    // Bodies come without what stood in a head.
    if (status && !messages()) document.body.append(status);
  };
  asked.set(key, end);
  options.signal?.addEventListener("abort", () => end());
}

/**
 * @param {any} key
 * @param {string | null} [token]
 */
const end = (key, token) => asked.get(key)?.(token);
/** @param {XMLHttpRequest} xhr */
const endShown = (xhr) => end(xhr, xhr.getResponseHeader(WINDOW_HEADER));
/** @param {Response} [response] */
const tokenOf = (response) => response?.headers.get(WINDOW_HEADER);

/** @type {Record<string, (event: any) => void>} */
const EVENTS = {
  // htmx 2
  "htmx:beforeSend"({ detail: { xhr, pathInfo, requestConfig } }) {
    if (!xhr) return; // htmx 4 in the words of htmx 2
    const options = { headers: {} };
    ask(xhr, pathInfo.finalRequestPath, options);
    for (const [name, value] of Object.entries(options.headers)) {
      // A second one would be added to the first.
      requestConfig.headers[name] ?? xhr.setRequestHeader(name, value);
    }
  },
  "htmx:beforeSwap": ({ detail: { xhr, shouldSwap } }) => shouldSwap || end(xhr),
  "htmx:afterSwap": ({ detail: { xhr } }) => xhr && endShown(xhr),
  "htmx:afterRequest"({ detail: { xhr, target, failed } }) {
    // One that is to be shown has failed or not; others have come to nothing.
    if (failed === undefined) end(xhr);
    else if (!target.matches(".htmx-swapping")) endShown(xhr);
  },
  "htmx:historyRestore": () => refresh(),

  // htmx 4
  "htmx:before:request": ({ detail: { ctx } }) => ask(ctx, ctx.request.action, ctx.request),
  "htmx:after:swap": ({ detail: { ctx } }) => end(ctx, tokenOf(ctx.response)),
  "htmx:finally:request": ({ detail: { ctx } }) => end(ctx),
  "htmx:history:cache:after:restore": () => refresh(),

  // Turbo
  "turbo:before-fetch-request"({ target, detail }) {
    // A frame that was fetched in advance was fetched for no window.
    if (target.localName === "turbo-frame") delete detail.fetchRequest;
    const { fetchOptions, url, fetchRequest } = detail;
    if (!fetchRequest && !fetchOptions.headers["X-Sec-Purpose"]) ask(target, url, fetchOptions);
  },
  "turbo:before-fetch-response"({ target, detail }) {
    const { response } = detail.fetchResponse;
    answered.set(response, asked.get(target));
    if (/turbo-stream/.test(response.headers.get("Content-Type"))) streaming = response;
  },
  "turbo:before-stream-render"({ detail }) {
    const { render } = detail;
    const response = streaming;
    streaming = undefined;
    if (response) {
      detail.render = async (/** @type {Element} */ element) => {
        await render(element);
        endRendered(response);
      };
    }
  },
  "turbo:frame-render": ({ detail }) => endRendered(detail.fetchResponse.response),
  "turbo:fetch-request-error": ({ target }) => end(target),
  "turbo:before-render"() {
    body = document.body;
  },
  async "turbo:render"({ detail }) {
    // A frame that changes the address comes with the head of its page, and with nothing else of it.
    if (
      document.documentElement.matches("[data-turbo-preview]") ||
      (document.body === body && detail.renderMethod !== "morph")
    ) {
      return;
    }
    const ends = [...asked].filter(([key]) => key.localName !== "turbo-frame");
    const token = meta()?.content;
    if (token !== shown) await (seen.has(token) ? refresh() : enter());
    for (const [, end] of ends) end(null);
  },
};

/** @param {Response} response */
const endRendered = (response) => answered.get(response)?.(tokenOf(response));

/** To be called once. */
export function accompany() {
  for (const [type, hear] of Object.entries(EVENTS)) {
    addEventListener(type, (/** @type {any} */ event) => event.detail && hear(event));
  }
}
