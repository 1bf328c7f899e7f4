/** @file What a call is about to leave out without a word: fields that are not there, files. */
import { ATTRIBUTE, read } from "../attribute.js";
import { fail } from "../events.js";
import { formOf } from "../forms.js";
import { findAll } from "../selectors.js";

/** @param {any} event */
function look({ detail: { element, signal } }) {
  const text = element?.getAttribute?.(ATTRIBUTE)?.trim();
  if (!text) return;
  const told = { signal, element };
  for (const { name, form, include } of read(element, text)) {
    if (name !== signal) continue;
    if (include && !findAll(element, include).length) fail("no-target", include, told, "debug");
    for (const field of (form && formOf(element)?.elements) || []) {
      const { files, name } = /** @type {HTMLInputElement} */ (field);
      if (files?.length && name) fail("files", name, told, "debug");
    }
  }
}

export const begin = () => addEventListener("df:before", look);
