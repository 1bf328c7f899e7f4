/** @file Which attributes and addresses could run a script. */

/**
 * The browser itself tells what an address would do.
 * @param {string} href
 * @param {string} [download]
 */
export const linkTo = (href, download = "") =>
  Object.assign(document.createElement("a"), { href, download });

/**
 * Lists of animated values are looked through, too.
 * @param {{name: string, value: unknown}} attribute
 * @returns {boolean}
 */
export const isUnsafe = ({ name, value }) =>
  /^(on|srcdoc$)/i.test(name) ||
  (/:/.test(`${value}`) &&
    `${value}`.split(";").some((part) => linkTo(part).protocol === "javascript:"));
