/** @file The way from one tree to another: a plan of few operations on nodes, and its performance. */
import { CONTROLS, field, within, write } from "./controls.js";
import { attempt, fail } from "./events.js";
import { controlValue } from "./forms.js";
import { remark } from "./marks.js";
import { get, invoke } from "./nodes.js";
import { isUnsafe } from "./safety.js";

/**
 * @typedef {[act: string, node: any, ...more: any[]]} Operation one of ACTS on the node, or a method of it
 */

/** So far ahead its like is looked for, for a node without an id. */
const AHEAD = 9;

/** Elements of whose NAMES the page decides; alone, browsers without popovers could not read the last one. */
const OWNERS = "[nonce],details,dialog,:is(:popover-open)";
const NAMES = /^(nonce|open|popover)$/;

/** What forgets where it was when it is moved by browsers without `moveBefore`. */
const FRAGILE = "details,dialog,[popover],iframe,video,audio";

/** Lists of nodes are slow to spread. @type {{filter: (test: (node: any) => boolean) => any[]}} */
const { filter } = Array.prototype;

/** Scripts did run, or never will. @param {any} node */
const isMorphed = ({ nodeName, type }) => !/^(no)?script$/i.test(nodeName) || /json/.test(type);

/** Whether one can become the other. @param {any} old @param {any} fresh */
const isSame = (old, fresh) =>
  old.nodeName === fresh.nodeName &&
  get(old, "id") === get(fresh, "id") &&
  field(old) === field(fresh);

/** @param {any} old @param {any} fresh @returns {boolean} */
const isEqual = (old, fresh) => invoke(old, "isEqualNode", fresh);

/** Whether it holds what its attributes say, if it is a control. @param {any} node */
const isSure = ({ value, defaultValue, checked, defaultChecked, validity }) =>
  value === defaultValue && checked === defaultChecked && !validity?.badInput;

/** @param {any} node */
const isKept = (node) =>
  node.matches && invoke(node, "matches", "[data-df-keep=''],[data-df-keep~=self]");

/**
 * @param {number[]} numbers all different
 * @returns {number[]} a longest increasing subsequence
 */
export function rising(numbers) {
  /** The smallest last number for each length, and what is before it. @type {any[]} */
  const ends = [];
  for (const number of numbers) {
    let length = ends.length; // mostly they do rise
    while (ends[length - 1]?.number > number) length--;
    ends[length] = { number, before: ends[length - 1] };
  }
  const found = [];
  for (let end = ends.pop(); end; end = end.before) found.push(end.number);
  return found.reverse();
}

/**
 * Reads both trees; what is in flight is marked in the new one, too.
 * @param {any} from
 * @param {any} to whose children are what `from` is to contain or, if `outer`, to become
 * @param {boolean} outer
 * @param {(control: any) => boolean} mayWrite
 * @returns {Operation[]} in order; what leaves, leaves last
 */
export function plan(from, to, outer, mayWrite) {
  /** @type {Operation[]} */
  const steps = [];
  /** @type {Operation[]} */
  const ends = [];
  /** Which new node is which old one, both ways. @type {Map<any, any>} */
  const pairs = new Map();
  /** @param {any} old @param {any} fresh */
  const pair = (old, fresh) => pairs.set(old, fresh).set(fresh, old);
  const top = outer ? get(from, "parentNode") : from;
  pair(top, to);

  const known = new Map(within(from, "[id]").map((node) => [get(node, "id"), node]));
  for (let fresh of within(to, "[id]")) {
    let old = known.get(get(fresh, "id"));
    // Elements without ids are told by those that they contain.
    while (old && !pairs.has(old) && !pairs.has(fresh) && isSame(old, fresh)) {
      pair(old, fresh);
      old = get(old, "parentNode");
      fresh = get(fresh, "parentNode");
    }
  }

  /** Others move around what has the focus and, after it, what moving would harm. */
  const pinned = [
    document.activeElement,
    ...("moveBefore" in from ? [] : within(from, FRAGILE).slice(1)),
  ].filter((node) => node !== from && invoke(from, "contains", node));
  /** Controls that hold something else than their attributes say. */
  const unsure = within(from, CONTROLS).filter((one) => !isSure(one));

  /**
   * @param {any} parent
   * @param {ArrayLike<any>} olds
   * @param {ArrayLike<any>} news
   * @param {any} end what stands behind
   */
  function align(parent, olds, news, end) {
    const before = filter.call(olds, isMorphed);
    const after = filter.call(news, isMorphed);
    /** @param {any} node */
    const isFree = (node) => !pairs.has(node) && !get(node, "id");
    const free = before.filter(isFree);
    /** Of many equal blanks each keeps its place. @param {any} old @param {any} fresh */
    const isBehind = (old, fresh) =>
      pairs.get(fresh.previousSibling)?.nextSibling === old && isEqual(old, fresh);
    for (const isIt of [isBehind, isEqual, isSame]) {
      for (const fresh of after.filter(isFree)) {
        const old = free.slice(0, AHEAD).find((one) => isIt(one, fresh));
        if (old) {
          pair(old, fresh);
          free.splice(free.indexOf(old), 1);
        }
      }
    }
    const places = new Map(before.map((old, place) => [old, place]));
    let order = after.flatMap((fresh) => places.get(pairs.get(fresh)) ?? []);
    for (const node of pinned) {
      const at = order.findIndex((place) => invoke(before[place], "contains", node));
      order = order.filter((place, rank) => place < order[at] === rank < at);
    }
    const staying = rising(order);
    for (const fresh of after) {
      const old = pairs.get(fresh);
      const next = before[staying[0]] ?? end;
      if (!old) insert(fresh, parent, next);
      else {
        if (old === next) staying.shift();
        else {
          steps.push([
            get(parent, "moveBefore") ? "moveBefore" : "insertBefore",
            parent,
            old,
            next,
          ]);
        }
        update(old, fresh);
      }
    }
    for (const old of before) {
      if (!pairs.has(old) && !isKept(old)) ends.push(["remove", old]);
    }
  }

  /** @param {any} node @param {Attr} attribute */
  const bring = (node, attribute) =>
    steps.push([isUnsafe(attribute) ? "refuse" : "attribute", node, attribute]);

  /** @param {any} fresh @param {any} parent @param {any} next */
  function insert(fresh, parent, next) {
    // What contains old nodes comes empty, and they are moved into it.
    const isFrame = within(fresh, "[id]").some((inner) => pairs.has(inner));
    const node = isFrame ? invoke(fresh, "cloneNode") : fresh;
    for (const one of within(node, "*")) {
      for (const attribute of get(one, "attributes") ?? []) {
        if (attribute.name === "style" || isUnsafe(attribute)) bring(one, attribute);
      }
    }
    steps.push(["insertBefore", parent, node, next]);
    if (isFrame) align(node, [], get(fresh, "childNodes"), null);
  }

  /** @param {any} old @param {any} fresh */
  function update(old, fresh) {
    /** @param {any} one */
    const isIn = (one) => invoke(old, "contains", one);
    if (isKept(old) || (isEqual(old, fresh) && !unsure.some(isIn))) return;
    remark(old, fresh);
    const attributes = get(fresh, "attributes");
    if (!attributes) {
      steps.push(["text", old, fresh.data]);
      return;
    }
    const kept = invoke(old, "getAttribute", "data-df-keep")?.split(/\s+/) ?? [];
    /** @param {string} name */
    const isLeft = (name) =>
      kept.includes(name) || (NAMES.test(name) && invoke(old, "matches", OWNERS));
    for (const attribute of attributes) {
      const { name, value } = attribute;
      if (!isLeft(name) && invoke(old, "getAttribute", name) !== value) bring(old, attribute);
    }
    for (const { name } of get(old, "attributes")) {
      if (!isLeft(name) && !invoke(fresh, "hasAttribute", name)) {
        steps.push(["removeAttribute", old, name]);
      }
    }
    if (
      !kept.includes("children") &&
      (!invoke(old, "hasAttribute", "contenteditable") || mayWrite(old))
    ) {
      align(old, get(old, "childNodes"), get(fresh, "childNodes"), null);
    }
    if (invoke(old, "matches", CONTROLS) && !isSure(old) && old.type !== "file" && mayWrite(old)) {
      ends.push(["write", old, [controlValue(fresh, null)].flat()]);
    }
  }

  align(
    top,
    outer ? [from] : get(from, "childNodes"),
    get(to, "childNodes"),
    outer ? get(from, "nextSibling") : null,
  );
  return [...steps, ...ends];
}

const refused = new Set();

/** What is more than a method. @type {Record<string, (node: any, more: any) => void>} */
const ACTS = {
  text: (node, data) => (node.data = data),
  /** As an attribute, a strict policy would refuse a style. */
  attribute(node, attribute) {
    if (attribute.name === "style") get(node, "style").cssText = attribute.value;
    else invoke(node, "setAttributeNode", attribute.cloneNode());
  },
  /** Each is told once. */
  refuse(element, { name }) {
    const what = `${element.nodeName} ${name}`;
    invoke(element, "removeAttribute", name);
    if (!refused.has(what)) fail("unsafe", what, { element });
    refused.add(what);
  },
  write,
};

/** @param {Operation[]} operations one that fails is reported, and harms no other */
export function perform(operations) {
  for (const [act, element, ...more] of operations) {
    attempt("morph", { element }, () =>
      ACTS[act] ? ACTS[act](element, more[0]) : invoke(element, act, ...more),
    );
  }
}
