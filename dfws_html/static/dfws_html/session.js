/** @file What this load of the page knows about its window. */

export const session = {
  /** Names this load in its calls `c.n`: the back button and a duplicated tab bring the same token again. */
  c: URL.createObjectURL(new Blob()).slice(-36), // crypto.randomUUID() is missing over plain http
  token: "",
  /** @type {string | null} */
  window: null,
  /** Bytes of a frame, until the welcome names the server's limit. */
  limit: 65536,
};

/** What the server wrote into the page. @returns {HTMLMetaElement | null} */
export const meta = () => document.querySelector("meta[name=dfws]");
