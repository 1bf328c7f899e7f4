/** @file What is typed survives a swap. */
import { isCheckable } from "./forms.js";
import { invoke } from "./nodes.js";
import { successorOf } from "./successors.js";
import { CONTROLS, isTouched, touch } from "./touched.js";

/**
 * @param {Element[]} leaving elements that a swap is about to remove
 * @returns {() => void} to be called after it
 */
export function keepTyping(leaving) {
  const kept = leaving
    .flatMap((root) => [root, ...invoke(root, "querySelectorAll", CONTROLS)])
    .filter((control) => invoke(control, "matches", CONTROLS) && isTouched(control))
    .map((control) => ({ control, find: successorOf(control) }));
  return () => {
    for (const { control, find } of kept) {
      const heir = find();
      if (heir?.type === control.type && heir !== control) write(control, heir);
    }
  };
}

/**
 * @param {any} from
 * @param {any} to
 */
function write(from, to) {
  const { type, checked, options, value } = from;
  if (type === "file" || from.validity.badInput) {
    to.replaceWith(from); // its content can't be written by a script
  } else if (isCheckable(from)) {
    if (checked || type === "checkbox") to.checked = checked;
  } else if (options) {
    const chosen = Array.from(from.selectedOptions, (option) => option.value);
    /** @param {any} option */
    const isChosen = (option) => chosen.includes(option.value);
    if (from.multiple || [...to.options].some(isChosen)) {
      for (const option of to.options) option.selected = isChosen(option);
    }
  } else {
    to.value = value;
  }
  touch(to);
}
