/** @file Members of a node, read past the fields of a form that shadow them: a field may be called `id` or `remove`. */

/**
 * @param {unknown} node
 * @returns {node is HTMLFormElement}
 */
export const isForm = (node) => node instanceof HTMLFormElement;

/**
 * @param {Node} node
 * @param {string} name
 * @returns {any}
 */
export const get = (node, name) =>
  isForm(node)
    ? Reflect.get(HTMLFormElement.prototype, name, node)
    : /** @type {any} */ (node)[name];

/**
 * @param {Node} node
 * @param {string} name of a method
 * @param {...unknown} args
 * @returns {any}
 */
export const invoke = (node, name, ...args) => get(node, name).apply(node, args);

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null: none
 */
export const setAttribute = (element, name, value) =>
  value === null
    ? invoke(element, "removeAttribute", name)
    : invoke(element, "setAttribute", name, value);

/**
 * Without a trace.
 * @param {Element} element
 * @param {string} name
 */
export function removeClass(element, name) {
  const classes = get(element, "classList");
  classes.remove(name);
  if (!classes.length) setAttribute(element, "class", null);
}

/**
 * @param {Element} element
 * @returns {Element} the same at another time: who has its id now, if it has gone
 */
export const current = (element) =>
  (!get(element, "isConnected") && document.getElementById(get(element, "id"))) || element;
