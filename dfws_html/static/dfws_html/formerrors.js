/** @file A form's errors beside its fields, in the markup that Django renders them in. */
import { CONTROLS, fieldsOf } from "./controls.js";
import { invoke, setAttribute } from "./nodes.js";

/**
 * What was wrong before and is no more, is taken away. Errors of fields that nobody sees are told with the form's own.
 * @param {Element} form or a part of one
 * @param {{errors?: Record<string, string[]>, non_field?: string[], focus?: boolean}} found `focus` goes to the first
 */
export function showErrors(form, { errors, non_field = [], focus }) {
  const rest = new Map(Object.entries(errors ?? {}));
  const controls = [...fieldsOf(form)].filter(
    (one) => invoke(one, "matches", CONTROLS) && one.name && one.type !== "hidden",
  );
  let first;
  for (const name of new Set(controls.map((one) => one.name))) {
    const group = controls.filter((one) => one.name === name);
    const id = `${group[0].id || name}_error`;
    const messages = rest.get(name) ?? [];
    rest.delete(name);
    for (const control of group) {
      /** @type {string[]} */
      const others = control.getAttribute("aria-describedby")?.match(/\S+/g) ?? [];
      const ids = others.filter((one) => one !== id).concat(messages[0] ? id : []);
      setAttribute(control, "aria-describedby", ids.join(" ") || null);
      setAttribute(control, "aria-invalid", messages[0] ? "true" : null);
    }
    if (messages[0]) first ??= group[0];
    const last = group.pop();
    fill(document.getElementById(id), messages, { id, className: "errorlist" }, (list) =>
      (last.closest("label") ?? last).after(list),
    );
  }
  fill(
    invoke(form, "querySelector", ".nonfield"),
    [...non_field, ...[...rest].flatMap(([name, all]) => all.map((text) => `${name}: ${text}`))],
    { className: "errorlist nonfield", role: "alert" },
    (list) => invoke(form, "prepend", list),
  );
  if (focus) first?.focus();
}

/**
 * A place that the page's author made for errors stays.
 * @param {Element | null} list
 * @param {string[]} messages
 * @param {object} properties of a new list
 * @param {(list: Element) => void} put
 */
function fill(list, messages, properties, put) {
  if (!list && messages[0]) {
    list = Object.assign(document.createElement("ul"), properties);
    put(list);
  }
  const line = list?.localName === "ul" ? "li" : "div";
  list?.replaceChildren(
    ...messages.map((textContent) => Object.assign(document.createElement(line), { textContent })),
  );
  if (line === "li" && !messages[0]) list?.remove();
}
