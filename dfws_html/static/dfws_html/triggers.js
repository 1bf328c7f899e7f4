/** @file `on` as a value: htmx's trigger language, without the filters that would need `eval`. */

/**
 * @typedef {object} Trigger
 * @property {string} type of the event
 * @property {string} text it was read from: names what the trigger remembers
 * @property {boolean} [once]
 * @property {boolean} [changed] what would be sent again is not sent
 * @property {boolean} [consume] elements around this one do not hear the event
 * @property {boolean} [capture]
 * @property {boolean} [passive]
 * @property {number} [delay] milliseconds of quiet; of `every`, its interval
 * @property {number} [throttle] milliseconds
 * @property {string} [from] where the event is heard
 * @property {string} [target] which elements it may have happened to
 * @property {string} [key] with the keys held, in lower case
 * @property {number} [threshold] of `intersect`
 * @property {string} [rootMargin] of `intersect`
 */

/** A comma, or a word: quotes and parentheses hold together what they enclose. */
const TOKEN = /,|(?:"[^"]*"|'[^']*'|\((?:[^()]|\([^()]*\))*\)|[^\s,"'()])+|\S/g;

const CHORD = /^((?:(?:ctrl|alt|shift|meta|mod)\+)*)(.|\w+)$/;

/** A word without or with a value. */
const MODIFIER = /^(?:(once|changed|consume|capture|passive)|(\w+):(.+))$/s;

const LONGEST = 2 ** 31; // what a timer can count to

const SHORTEST = 250; // of `every`

/** What follows the colon, read; undefined or thrown at if it can't be. @type {Record<string, (text: string) => any>} */
const READERS = {
  // @ts-expect-error a table without inherited names, as a text asks it
  __proto__: null,
  delay: time,
  throttle: time,
  from: css,
  target: css,
  key: (text) => CHORD.exec(text.toLowerCase())?.[0],
  threshold: (/** @type {any} */ threshold) =>
    new IntersectionObserver(Date, { threshold }) && threshold,
  rootMargin: (rootMargin) => new IntersectionObserver(Date, { rootMargin }) && rootMargin,
};

/**
 * @param {string} text
 * @returns {Trigger[]}
 * @throws {Error} naming the word that can't be read
 */
export function parseTriggers(text) {
  /** @type {string[][]} */
  const triggers = [[]];
  for (const token of text.match(TOKEN) ?? []) {
    if (token === ",") triggers.unshift([]);
    else triggers[0].push(token);
  }
  return triggers.reverse().map((words) => {
    const [type = "", ...rest] = words;
    // What can be no event is a filter, or a modifier of none.
    if (/^$|["'()[]/.test(type) || READERS[type.split(":")[0]]) throw new Error(type);
    // Elements that load are replaced by others that load: one way of asking again and again.
    /** @type {any} */
    const trigger = { type, text: words.join(" "), ...(type === "load" && { throttle: 100 }) };
    if (type === "every") rest[0] = `delay:${rest[0]}`;
    for (const word of rest) {
      const [, flag, name = flag, value] = MODIFIER.exec(word) ?? [];
      const read = flag ? true : READERS[name]?.(value.replace(/^(["'(])(.*)["')]$/s, "$2"));
      if (read === undefined || name in trigger) throw new Error(word);
      trigger[name] = read;
    }
    if (type === "every" && trigger.delay < SHORTEST) throw new Error(trigger.text);
    return trigger;
  });
}

/**
 * Shift counts where it does not only help to reach a sign; nothing counts while a text is being composed.
 * @param {string} chord of a trigger
 * @param {any} event
 * @returns {boolean}
 */
export function isPressed(chord, event) {
  const [, held, name] = CHORD.exec(chord) ?? [];
  const keys = held.replace("mod", /^(Mac|iP)/.test(navigator.platform) ? "meta" : "ctrl");
  return (
    !event.isComposing &&
    event.keyCode !== 229 &&
    event.key?.toLowerCase() === (name === "space" ? " " : name) &&
    ["ctrl", "alt", "shift", "meta"].every((key) =>
      keys.includes(key)
        ? event[`${key}Key`]
        : !event[`${key}Key`] || (key === "shift" && name === name.toUpperCase()),
    )
  );
}

/** @param {string} text @returns {number | undefined} milliseconds */
function time(text) {
  const [, number, unit] = /^([\d.]+)(ms|s|m|)$/.exec(text) ?? [];
  const value = +number * ({ s: 1000, m: 60000 }[unit] ?? 1);
  return value < LONGEST ? value : undefined;
}

/** What stands before the CSS of an extended selector reads as CSS too. @param {string} text */
function css(text) {
  new DocumentFragment().querySelector(text);
  return /^(closest|find)$/.test(text) ? undefined : text;
}
