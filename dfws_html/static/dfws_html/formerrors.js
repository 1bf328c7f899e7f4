/** @file A form's errors beside its fields, in the markup that Django renders them in. */
import { CONTROLS, fieldsOf, within } from "./controls.js";
import { invoke, setAttribute } from "./nodes.js";

/**
 * What was wrong before and is no more, is taken away. Errors of fields that nobody sees are told with the form's own.
 * @param {Element} form or a part of one
 * @param {{errors?: Record<string, string[]>, non_field?: string[], focus?: boolean}} found `focus` goes to the first
 */
export function showErrors(form, { errors, non_field = [], focus }) {
  for (const list of within(form, ".errorlist").slice(1)) list.remove();
  const rest = new Map(Object.entries(errors ?? {}));
  const controls = [...fieldsOf(form)].filter(
    (one) => invoke(one, "matches", CONTROLS) && one.name && one.type !== "hidden",
  );
  let first;
  for (const name of new Set(controls.map((one) => one.name))) {
    const group = controls.filter((one) => one.name === name);
    const id = `${group[0].id || name}_error`;
    const messages = rest.get(name) ?? [];
    const own = document.getElementById(id);
    own?.replaceChildren();
    for (const control of group) {
      const ids = new Set(control.getAttribute("aria-describedby")?.match(/\S+/g)).add(id);
      if (!messages[0]) ids.delete(id);
      setAttribute(control, "aria-describedby", [...ids].join(" ") || null);
      setAttribute(control, "aria-invalid", messages[0] ? "true" : null);
    }
    if (!rest.delete(name) || !messages[0]) continue;
    first ??= group[0];
    const last = group.pop();
    if (own) own.append(listOf(messages));
    else (last.closest("label") ?? last).after(listOf(messages, { id }));
  }
  const others = [...rest].flatMap(([name, all]) => all.map((text) => `${name}: ${text}`));
  const general = [...non_field, ...others];
  if (general[0]) {
    invoke(form, "prepend", listOf(general, { className: "errorlist nonfield", role: "alert" }));
  }
  if (focus) first?.focus();
}

/** @param {string[]} messages @param {object} [properties] */
function listOf(messages, properties) {
  const list = Object.assign(document.createElement("ul"), { className: "errorlist" }, properties);
  for (const textContent of messages) {
    list.append(Object.assign(document.createElement("li"), { textContent }));
  }
  return list;
}
