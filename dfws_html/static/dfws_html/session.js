/** @file What this load of the page knows about its window. */

export const session = {
  /** Names this load in its calls `c.n`: the back button and a duplicated tab bring the same token again. */
  c: randomId(),
  token: "",
  /** @type {string | null} */
  window: null,
  /** Bytes of a frame, until the welcome names the server's limit. */
  limit: 65536,
};

/** What the server wrote into the page. @returns {HTMLMetaElement | null} */
export const meta = () => document.querySelector("meta[name=dfws]");

/** Not crypto.randomUUID(): a site under development, opened over http, does not have it. */
function randomId() {
  const [a, ...rest] = Array.from(crypto.getRandomValues(new Uint16Array(8)), (n) =>
    (n | 65536).toString(16).slice(1),
  );
  return a + rest.join("-").replace(/-(?=.{4}$|.{9}$)/g, "");
}
