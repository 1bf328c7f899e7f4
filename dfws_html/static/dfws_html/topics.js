/** @file The topics of a token that an HTTP answer brought: the server takes them over in order with all else. */
import { send } from "./socket.js";

/** Sent until the server has told the new topics. @type {string | null} */
let wanted = null;

/** @param {string | null} [token] default: the one that is not answered yet */
export function takeTopics(token = wanted) {
  wanted = token;
  if (token) send(JSON.stringify({ df: "topics", token }));
}

/** The server has told the topics. */
export function topicsTaken() {
  wanted = null;
}
