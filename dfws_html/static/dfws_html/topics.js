/** @file The topics of a token that an HTTP answer brought: the server takes them over in order with all else. */
import { hold } from "./holding.js";
import { send } from "./socket.js";

const PATIENCE = 10000; // milliseconds until the server has told them

/** Sent until the server has told the new topics. @type {string | null | undefined} */
let wanted;
/** Frames wait for each answer that the server owes: topics that it ends may have sent them. @type {(() => void)[]} */
const owed = [];

/** @param {string | null} [token] default: the one that is not answered yet, over a new socket; empty: none any more */
export function takeTopics(token) {
  while (!token && owed[0]) owed.shift()?.();
  wanted = token ?? wanted;
  if (wanted && send(JSON.stringify({ df: "topics", token: wanted }))) owed.push(hold(PATIENCE));
}

/** The server has told the topics of the first token that it owes. */
export function topicsTaken() {
  owed.shift()?.();
  if (!owed[0]) takeTopics("");
}
