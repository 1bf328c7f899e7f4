/** @file What this load of the page knows about its window, and says of itself in every hello. */
import { life, positions, setTopics } from "./positions.js";
import { VERSION, WINDOW_HEADER } from "./protocol.js";

/** Names this load in its calls `c.n`: the back button and a duplicated tab bring the same token again. */
export const c = URL.createObjectURL(new Blob()).slice(-36); // crypto.randomUUID() is missing over plain http
/** What the server wrote into the page. @returns {HTMLMetaElement | null} */
export const meta = () => document.querySelector("meta[name=dfws]");

export let token = "";
/** @type {string | null} */
export let windowId = null;
/** Bytes of a frame. @type {number} */
export let limit;

/** For requests of this page: the server then knows its window. @returns {Record<string, string>} */
export const headers = () => {
  const known = token || meta()?.content;
  return known ? { [WINDOW_HEADER]: known } : {};
};

/** @param {{w: string, lim: {frame: number}}} welcome */
export function adoptWindow({ w, lim }) {
  windowId = w;
  limit = lim.frame;
}

/** @param {{t: (string | null)[], pos?: Record<number, number>, token?: string}} frame */
export function subscribe({ t, pos, token: fresh = token }) {
  token = fresh;
  setTopics(t, pos);
}

/** @returns {string} the first frame on each socket */
export const hello = () =>
  JSON.stringify({ df: "hello", v: VERSION, token, c, life, pos: positions, url: location.href });
