/** @file Puts HTML into the page and takes it out: parsing, and what must survive. */
import { emit } from "./events.js";
import { keepFocus } from "./focus.js";
import { get, invoke } from "./nodes.js";
import { meta } from "./session.js";
import { keepTyping } from "./typing.js";

/** @typedef {"append" | "prepend" | "before" | "after" | "replaceChildren" | "replaceWith"} Place a method of nodes */

/** @type {any} */
let policy;

/**
 * @param {Element} target
 * @param {Place} place
 * @param {unknown} content HTML
 */
export function swap(target, place, content) {
  const parent = /pend|Ch/.test(place) ? target : get(target, "parentNode");
  const fragment = parse(content, parent);
  const added = [...fragment.children];
  // A push may come after the page was rendered with what it appends: each takes the place of its twin.
  const twins = added
    .map((element) => [document.getElementById(get(element, "id")), element])
    .filter(([twin]) => twin?.parentNode === parent && !place.startsWith("replace"));
  const leaving = {
    replaceWith: [target],
    replaceChildren: [...get(target, "children")],
  };
  change(
    Reflect.get(leaving, place) ?? twins.map(([twin]) => twin),
    () => {
      for (const [twin, element] of twins) if (twin) invoke(twin, "replaceWith", element);
      invoke(target, place, fragment);
    },
    added,
  );
}

/**
 * @param {Element[]} leaving
 * @param {() => void} act
 * @param {Element[]} [added]
 */
export function change(leaving, act, added = []) {
  for (const element of leaving) emit("removed", { element });
  const restores = [keepTyping(leaving), keepFocus(leaving)];
  act();
  for (const restore of restores) restore();
  for (const element of added) {
    fillTokens(element);
    invoke(element, "dispatchEvent", new CustomEvent("DOMContentAdded", { bubbles: true }));
  }
}

/**
 * Scripts that are parsed so never run.
 * @param {unknown} content
 * @param {Element} parent
 * @returns {DocumentFragment}
 */
function parse(content, { namespaceURI, localName }) {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy("dfws", {
    createHTML: String,
  }) ?? {
    createHTML: String,
  };
  const [, foreign] = /(svg|math)$/i.exec(namespaceURI?.replace("ML", "") ?? "") ?? [];
  const wrapper = localName !== "foreignObject" && foreign;
  const template = document.createElement("template");
  const html = content ?? "";
  template.innerHTML = policy.createHTML(wrapper ? `<${wrapper}>${html}</${wrapper}>` : html);
  const holder = wrapper && template.content.firstElementChild;
  if (holder) holder.replaceWith(...holder.childNodes);
  return template.content;
}

/**
 * What is pushed was rendered without a request: its CSRF fields are empty.
 * @param {Element} root
 */
function fillTokens(root) {
  for (const field of invoke(root, "querySelectorAll", "[name=csrfmiddlewaretoken]")) {
    field.value ||= meta()?.dataset.csrf ?? "";
  }
}
