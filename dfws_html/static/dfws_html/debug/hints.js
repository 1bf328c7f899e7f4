/** @file What each code of a `df:*` event means, and what to do about it, for developers. */

import { suggest, translateAll } from "./spelling.js";

/** @type {Record<string, string>} */
const HINTS = {
  attribute: "The attribute could not be read, so none of this element's calls is made.",
  "attribute-name": "No attribute of dfws_html has this name.",
  value:
    "The arguments could not be read: `form` wants a form around the element, `value` a control.",
  "no-target": "The selector found nothing in this page. Is the element rendered under another id?",
  selector: "The selector is no CSS.",
  target:
    "What the call names by target, busy or disable is not in the page, swap is no word, or reset has no form.",
  sync: "`sync` is drop, replace, queue first, queue last or queue all, and perhaps a selector of its scope.",
  optimistic:
    "What is shown ahead must be a verb of classes, attributes or text, or an appended <template>.",
  mount: "A function given to DFSignals.mount threw.",
  morph: "A change of the page could not be made. The others were.",
  window: "Another page has taken the place of the one that made the call: it may have run.",
  doubt: "The workers' broker or Redis failed in the middle: the call may have run.",
  superseded: "A newer call of the same element has taken its place.",
  cancelled: "The call was withdrawn.",
  "target-gone":
    "The target left the page before the answer came. Give it an id, so that its successor is found.",
  files:
    "A signal carries names of files, not files: post the form to a view (docs/html.md, Files).",
  "not-html":
    "The call has a target, but its function returned no HTML: return html.render(...) or None.",
  unsafe: "Refused: event attributes, srcdoc and script addresses never come from the server.",
  "no-function":
    "No function of this page is connected to the signal, and none was within 2 s of loading.",
  function: "A function connected to the signal threw. The others ran all the same.",
  stopped:
    "Calls hear events at the window. Write `capture` behind this one in `on`, or let it pass.",
  frame: "The page could not read what the server sent. Are script and server of the same version?",
  unknown:
    "No signal of this name is registered. Is its app installed, and its module named signals.py?",
  forbidden:
    "The permission said no. Without is_allowed_to a signal can't be called from a browser.",
  invalid: "The arguments do not fit the function's annotations.",
  rate: "Too many calls: see WEBSOCKET_LIMITS['rate'].",
  busy: "The workers or their broker did not take the call.",
  expired: "The call waited until it had expired.",
  big: "The call is larger than WEBSOCKET_LIMITS['frame_in'].",
  full: "Too much waits to be sent: the connection is down, and the outbox is full.",
  timeout: "Nothing came back in time.",
  life: "The server's history was lost or set back between the call and its answer.",
  closed: "There is no connection any more, and none will be tried.",
  "no-window": "This page has no window: add {% dfws_html_script %}, or the middleware.",
  refresh: "The page could not be fetched again.",
  error: "The function raised: the traceback is in the console, and in the worker's log.",
  4400: "The server could not read a frame.",
  4401: "The page's token or session is not valid any more.",
  4403: "The server refuses this page.",
  4406: "The script is older than the server: the page must be loaded again.",
  4408: "The page did not say hello in time.",
};

/** What the message's own words add. @type {Record<string, (message: unknown) => string>} */
const FURTHER = { attribute: suggest, target: translateAll, sync: translateAll };

/**
 * @param {string} code
 * @param {unknown} message
 * @returns {string} empty if there is nothing to add
 */
export const hint = (code, message) => (HINTS[code] ?? "") + (FURTHER[code]?.(message) ?? "");
