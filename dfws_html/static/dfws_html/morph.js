/** @file The way from one tree to another: a plan of few operations on nodes, and its performance. */
import { CONTROLS, field, write } from "./controls.js";
import { emit, fail } from "./events.js";
import { controlValue } from "./forms.js";
import { held } from "./marks.js";
import { get, invoke } from "./nodes.js";
import { isUnsafe } from "./safety.js";

/**
 * @typedef {[act: keyof typeof ACTS, node: any, ...more: any[]]} Operation
 * `insert node parent next`, `move node parent next`, `remove node`, `text node data`, `attribute node attr`,
 * `style node css`, `strip node name`, `refuse node name`, `write control values`
 */

/** So far ahead its like is looked for, for a node without an id. */
const AHEAD = 9;

/** Attributes that belong to the page, and the elements on which they do. @type {Record<string, string>} */
const LEFT = {
  // @ts-expect-error a table without inherited names, as those of attributes are foreign
  __proto__: null,
  nonce: "*",
  open: "details,dialog",
  popover: ":is(:popover-open)", // alone, browsers without popovers could not read it
};

/** What forgets where it was when it is moved by browsers without `moveBefore`. */
const FRAGILE = "details,dialog,[popover],iframe,video,audio";

/** @param {any} node @param {string} css @returns {any[]} */
const inside = (node, css) => [...(get(node, "querySelectorAll")?.call(node, css) ?? [])];

/** Scripts did run, or never will. @param {any} node */
const isMorphed = ({ nodeName, type }) => !/^(no)?script$/i.test(nodeName) || /json/.test(type);

/** Whether one can become the other. @param {any} old @param {any} fresh */
const isSame = (old, fresh) =>
  old.nodeName === fresh.nodeName &&
  get(old, "id") === get(fresh, "id") &&
  field(old) === field(fresh);

/** @param {any} old @param {any} fresh @returns {boolean} */
const isEqual = (old, fresh) => invoke(old, "isEqualNode", fresh);

/** Adds a node, and what is around it. @param {Set<any>} path @param {any} node */
function enclose(path, node) {
  for (; node && !path.has(node); node = get(node, "parentNode")) path.add(node);
}

/** @param {any} node @returns {string[]} words of `data-df-keep`; an empty one is `self` */
const keptOf = (node) => get(node, "attributes")?.["data-df-keep"]?.value.trim().split(/\s+/) ?? [];

/** @param {any} node */
const isKept = (node) => keptOf(node).some((word) => /^(self)?$/.test(word));

/**
 * @param {number[]} numbers all different
 * @returns {Set<number>} those of a longest increasing subsequence
 */
export function rising(numbers) {
  /** The smallest last number for each length. @type {number[]} */
  const ends = [];
  /** @type {Map<number, number>} */
  const previous = new Map();
  for (const number of numbers) {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (ends[middle] < number) low = middle + 1;
      else high = middle;
    }
    previous.set(number, ends[low - 1]);
    ends[low] = number;
  }
  /** @type {Set<number>} */
  const found = new Set();
  for (
    let number = ends[ends.length - 1];
    number !== undefined;
    number = /** @type {any} */ (previous.get(number))
  ) {
    found.add(number);
  }
  return found;
}

/**
 * Reads both trees and changes none.
 * @param {any} from
 * @param {any} to whose children are what `from` is to contain or, if `outer`, to become
 * @param {{outer?: boolean, mayWrite?: (control: any) => boolean}} [options]
 * @returns {Operation[]} in order; what leaves, leaves last
 */
export function plan(from, to, { outer, mayWrite = () => true } = {}) {
  /** @type {Operation[]} */
  const steps = [];
  /** @type {Operation[]} */
  const ends = [];
  /** Which new node is which old one. @type {Map<any, any>} */
  const pairs = new Map();
  const taken = new Set();
  /** @param {any} fresh @param {any} old */
  const pair = (fresh, old) => {
    pairs.set(fresh, old);
    taken.add(old);
  };
  const top = outer ? get(from, "parentNode") : from;

  const known = new Map(
    [from, ...inside(from, "[id]")].slice(outer ? 0 : 1).map((node) => [get(node, "id"), node]),
  );
  for (let fresh of inside(to, "[id]")) {
    let old = known.get(get(fresh, "id"));
    // Elements without ids are told by those that they contain.
    while (
      fresh !== to &&
      old &&
      old !== top &&
      !pairs.has(fresh) &&
      !taken.has(old) &&
      isSame(old, fresh)
    ) {
      pair(fresh, old);
      fresh = get(fresh, "parentNode");
      old = get(old, "parentNode");
    }
  }

  /** Controls that do not hold what their attributes say, and what is around them. */
  const unsure = new Set();
  for (const control of [from, ...inside(from, CONTROLS)]) {
    const { value, defaultValue, checked, defaultChecked, validity } = control;
    if (value !== defaultValue || checked !== defaultChecked || validity?.badInput) {
      enclose(unsure, control);
    }
  }
  /** Others move around what has the focus and, after it, what moving would harm. */
  const pinned = new Set();
  enclose(pinned, document.activeElement);
  if (!("moveBefore" in from)) for (const node of inside(from, FRAGILE)) enclose(pinned, node);

  /**
   * @param {any} parent
   * @param {Iterable<any>} olds
   * @param {Iterable<any>} news
   * @param {any} end what stands behind
   */
  function align(parent, olds, news, end) {
    const before = [...olds].filter(isMorphed);
    const after = [...news].filter(isMorphed);
    const places = new Map(before.map((old, place) => [old, place]));
    /** @param {any} fresh @returns {any} */
    const placeOf = (fresh) => places.get(pairs.get(fresh));
    /** @returns {Set<number>} places of those that need not be moved */
    const settle = () => {
      /** @type {number[]} */
      let order = after.map(placeOf).filter((place) => place !== undefined);
      for (const old of pinned) {
        const pin = /** @type {number} */ (places.get(old));
        const at = order.indexOf(pin);
        if (at >= 0) {
          order = order.filter((place, rank) => rank === at || place < pin === rank < at);
        }
      }
      return rising(order);
    };
    let staying = settle();
    const free = new Set(before.filter((old) => !taken.has(old) && !get(old, "id")));
    /** Behind what stays: of many equal blanks each keeps its place. @param {any} old @param {any} fresh */
    const isBehind = (old, fresh) => {
      const place = placeOf(fresh.previousSibling);
      return staying.has(place) && before[place + 1] === old && isEqual(old, fresh);
    };
    for (const isIt of [isBehind, isEqual, isSame]) {
      for (const fresh of after) {
        let ahead = pairs.has(fresh) || get(fresh, "id") ? 0 : AHEAD;
        for (const old of free) {
          if (!ahead--) break;
          if (isIt(old, fresh)) {
            free.delete(old);
            pair(fresh, old);
            break;
          }
        }
      }
    }
    staying = settle();
    /** What stands behind each, from the last to the first. */
    const nexts = [end];
    for (const fresh of [...after].reverse()) {
      nexts.push(staying.has(placeOf(fresh)) ? pairs.get(fresh) : nexts[nexts.length - 1]);
    }
    for (const fresh of after) {
      nexts.pop();
      const next = nexts[nexts.length - 1];
      const old = pairs.get(fresh);
      if (!old) insert(fresh, parent, next);
      else {
        if (!staying.has(placeOf(fresh))) steps.push(["move", old, parent, next]);
        update(old, fresh);
      }
    }
    for (const old of before) {
      if (!taken.has(old) && !isKept(old)) ends.push(["remove", old]);
    }
  }

  /** @param {any} fresh @param {any} parent @param {any} next */
  function insert(fresh, parent, next) {
    // What contains old nodes comes empty, and they are moved into it.
    const isFrame = inside(fresh, "[id]").some((inner) => pairs.has(inner));
    const node = isFrame ? invoke(fresh, "cloneNode") : fresh;
    for (const one of [node, ...inside(node, "*")]) {
      for (const { name, value } of get(one, "attributes") ?? []) {
        if (isUnsafe(name, value)) steps.push(["strip", one, name], ["refuse", one, name]);
        if (name === "style") steps.push(["style", one, value]);
      }
    }
    steps.push(["insert", node, parent, next]);
    if (isFrame) align(node, [], get(fresh, "childNodes"), null);
  }

  /** @param {any} old @param {any} fresh */
  function update(old, fresh) {
    if (isKept(old) || (isEqual(old, fresh) && !unsure.has(old))) return;
    const attributes = get(fresh, "attributes");
    if (!attributes) {
      if (old.data !== fresh.data) steps.push(["text", old, fresh.data]);
      return;
    }
    const kept = [...keptOf(old), ...held(old)];
    /** @param {string} name */
    const isLeft = (name) =>
      kept.includes(name) || (LEFT[name] && invoke(old, "matches", LEFT[name]));
    for (const attribute of attributes) {
      const { name, value } = attribute;
      if (isLeft(name) || invoke(old, "getAttribute", name) === value) continue;
      if (isUnsafe(name, value)) steps.push(["refuse", old, name]);
      else if (name === "style") steps.push(["style", old, value]);
      else steps.push(["attribute", old, attribute]);
    }
    for (const { name } of get(old, "attributes")) {
      if (!isLeft(name) && !invoke(fresh, "hasAttribute", name)) steps.push(["strip", old, name]);
    }
    if (
      !kept.includes("children") &&
      (!invoke(old, "hasAttribute", "contenteditable") || mayWrite(old))
    ) {
      align(old, get(old, "childNodes"), get(fresh, "childNodes"), null);
    }
    if (
      unsure.has(old) &&
      invoke(old, "matches", CONTROLS) &&
      old.type !== "file" &&
      mayWrite(old)
    ) {
      ends.push(["write", old, [].concat(/** @type {any} */ (controlValue(fresh, null)))]);
    }
  }

  if (outer)
    align(get(from, "parentNode"), [from], get(to, "childNodes"), get(from, "nextSibling"));
  else align(from, get(from, "childNodes"), get(to, "childNodes"), null);
  return [...steps, ...ends];
}

const refused = new Set();

const ACTS = {
  /** @param {Node} node @param {Node} parent @param {Node | null} next */
  insert: (node, parent, next) => invoke(parent, "insertBefore", node, next),
  /** @param {Node} node @param {Node} parent @param {Node | null} next */
  move: (node, parent, next) =>
    invoke(parent, get(parent, "moveBefore") ? "moveBefore" : "insertBefore", node, next),
  /** @param {any} node */
  remove(node) {
    if (get(node, "attributes")) emit("removed", { element: node });
    invoke(node, "remove");
  },
  /** @param {CharacterData} node @param {string} data */
  text: (node, data) => (node.data = data),
  /** @param {Element} node @param {Attr} attribute */
  attribute: (node, attribute) => invoke(node, "setAttributeNode", attribute.cloneNode()),
  /** The attribute itself a strict policy would refuse. @param {Element} node @param {string} css */
  style: (node, css) => (get(node, "style").cssText = css),
  /** @param {Element} node @param {string} name */
  strip: (node, name) => invoke(node, "removeAttribute", name),
  /** Each is told once. @param {Element} element @param {string} name */
  refuse(element, name) {
    const what = `${element.nodeName} ${name}`;
    if (!refused.has(what)) fail("unsafe", what, { element });
    refused.add(what);
  },
  write,
};

/** @param {Operation[]} operations one that fails is reported, and harms no other */
export function perform(operations) {
  for (const [act, node, ...more] of operations) {
    try {
      /** @type {any} */ (ACTS)[act](node, ...more);
    } catch (error) {
      fail("morph", error, { element: node });
    }
  }
}
