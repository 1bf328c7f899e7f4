/** @file A form's errors beside its fields, in the markup that Django renders them in. */
import { CONTROLS, fieldsOf, within } from "./controls.js";
import { invoke, setAttribute } from "./nodes.js";

/**
 * What was wrong before and is no more, is taken away; what still is, is left alone, for else it would be read out again.
 * Errors of fields that nobody sees are told with the form's own.
 * @param {Element} form or a part of one
 * @param {{errors?: Record<string, string[]>, non_field?: string[], focus?: boolean}} found `focus` goes to the first
 */
export function showErrors(form, { errors, non_field = [], focus }) {
  const old = new Set(within(form, ".errorlist").slice(1));
  /** @param {any} place @param {string} how @param {Element} list */
  const tell = (place, how, list) =>
    old.delete(
      [...old].find(
        (one) =>
          [one.parentNode, one.previousSibling].includes(place) && invoke(one, "isEqualNode", list),
      ),
    ) || invoke(place, how, list);
  const rest = new Map(Object.entries(errors ?? {}));
  const controls = [...fieldsOf(form)].filter(
    (one) => invoke(one, "matches", CONTROLS) && one.name && one.type !== "hidden",
  );
  let first;
  for (const name of new Set(controls.map((one) => one.name))) {
    const group = controls.filter((one) => one.name === name);
    const id = `${group[0].id || name}_error`;
    const messages = rest.get(name) ?? [];
    /** @type {any} */
    let own = document.getElementById(id);
    if (old.has(own)) own = null;
    for (const control of group) {
      const ids = new Set(control.getAttribute("aria-describedby")?.match(/\S+/g)).add(id);
      if (!messages[0]) ids.delete(id);
      setAttribute(control, "aria-describedby", [...ids].join(" ") || null);
      setAttribute(control, "aria-invalid", messages[0] ? "true" : null);
    }
    if (!rest.delete(name) || !messages[0]) {
      own?.replaceChildren();
      continue;
    }
    first ??= group[0];
    const last = group.pop();
    if (own) tell(own, "replaceChildren", listOf(messages));
    else tell(last.closest("label") ?? last, "after", listOf(messages, { id }));
  }
  const others = [...rest].flatMap(([name, all]) => all.map((text) => `${name}: ${text}`));
  const general = [...non_field, ...others];
  if (general[0]) {
    tell(form, "prepend", listOf(general, { className: "errorlist nonfield" }, { role: "alert" }));
  }
  for (const list of old) list.remove();
  if (focus) first?.focus();
}

/** @param {string[]} messages @param {object} [properties] @param {object} [told] properties of each message */
function listOf(messages, properties, told) {
  const list = make("ul", { className: "errorlist", ...properties });
  for (const textContent of messages) {
    const item = make("li", { textContent });
    // A list that is an alert itself would be no list.
    if (told) item.replaceChildren(make("span", { textContent, ...told }));
    list.append(item);
  }
  return list;
}

/** @param {string} tag @param {object} properties */
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
