/** @file Writes values into the controls of a form. */
import { isCheckable } from "./forms.js";
import { untouch } from "./touched.js";

/**
 * Several values of one name are a list, as a form itself sends them. They are the page's now, not the user's.
 * @param {Iterable<any>} controls
 * @param {{name: string, value: any}[]} values
 */
export function setFields(controls, values) {
  /** @type {Map<string, any[]>} */
  const lists = new Map();
  for (const { name, value } of values) {
    lists.set(name, (lists.get(name) ?? []).concat(value ?? ""));
  }
  for (const control of controls) {
    const list = lists.get(control.name);
    if (!list || control.type === "file") continue;
    untouch([control]);
    /** @param {any} option */
    const isMeant = ({ value }) => list.some((one) => `${one}` === value);
    if (isCheckable(control)) {
      control.checked = typeof list[0] === "boolean" ? list[0] : isMeant(control);
    } else if (control.options) {
      for (const option of control.options) option.selected = isMeant(option);
    } else {
      control.value = (list.length > 1 ? list.shift() : list[0]) ?? "";
    }
  }
}
