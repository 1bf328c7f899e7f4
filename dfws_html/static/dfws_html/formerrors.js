/** @file A form's errors beside its fields, in the markup that Django renders them in. */
import { CONTROLS } from "./controls.js";
import { get, invoke } from "./nodes.js";

/**
 * What was wrong before and is no more, is taken away. Errors of fields that nobody sees are told with the form's own.
 * @param {Element} form or a part of one
 * @param {{errors?: Record<string, string[]>, non_field?: string[], focus?: boolean}} found `focus` goes to the first
 */
export function showErrors(form, { errors, non_field = [], focus }) {
  const left = new Map(Object.entries(errors ?? {}));
  /** Controls by name. @type {Map<string, any[]>} */
  const fields = new Map();
  for (const control of get(form, "elements") ?? form.querySelectorAll(CONTROLS)) {
    if (control.matches(CONTROLS) && control.name && control.type !== "hidden") {
      fields.set(control.name, [...(fields.get(control.name) ?? []), control]);
    }
  }
  let first;
  for (const [name, group] of fields) {
    const id = `${group[0].id || name}_error`;
    const messages = left.get(name) ?? [];
    left.delete(name);
    for (const control of group) {
      const ids = new Set(control.getAttribute("aria-describedby")?.match(/\S+/g));
      ids[messages.length ? "add" : "delete"](id);
      set(control, "aria-describedby", [...ids].join(" "));
      set(control, "aria-invalid", messages[0] && "true");
    }
    if (messages[0]) first ??= group[0];
    const last = group[group.length - 1];
    fill(document.getElementById(id), messages, { id, className: "errorlist" }, (list) =>
      (last.closest("label") ?? last).after(list),
    );
  }
  const rest = [...left].flatMap(([name, all]) => all.map((message) => `${name}: ${message}`));
  fill(
    invoke(form, "querySelector", ".nonfield"),
    [...non_field, ...rest],
    { className: "errorlist nonfield", role: "alert" },
    (list) => invoke(form, "prepend", list),
  );
  if (focus) first?.focus();
}

/** @param {Element} element @param {string} name @param {string | undefined} value none takes it away */
function set(element, name, value) {
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
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
