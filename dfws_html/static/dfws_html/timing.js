/** @file When a call runs whose event has come: at once, after a pause, not too often, if something changed. */

import { launch, submissions } from "./flight.js";
import { formOf, readArguments } from "./forms.js";
import { get } from "./nodes.js";
import { isOpen } from "./socket.js";

/** @typedef {import("./attribute.js").Job} Job */

/** What runs them, if that may be now. @type {Map<Job, () => void>} */
const waiting = new Map();

// A user's last key is not lost with the page; Firefox closes the socket before `pagehide`.
for (const type of ["beforeunload", "pagehide"]) {
  addEventListener(type, () => run((job) => !isOwn(job)), true);
}
// One that was prevented may be sent all the same, or not: until then the fields speak for themselves.
addEventListener("submit", (event) =>
  setTimeout(() => event.defaultPrevented || cancel(event.target)),
);
// What waits without a timer was held back. At a welcome, what is older goes first.
for (const type of ["df:connected", "visibilitychange"]) {
  addEventListener(type, () => queueMicrotask(() => run(({ timer }) => !timer)), true);
}

/**
 * Nobody makes its event: while the server is away, or the element, there is nothing to keep.
 * @param {Job} job
 */
const isOwn = ({ call }) => /^(load|every|revealed|intersect)$/.test(call.on.type);

/** @param {(job: Job) => unknown} isDue */
const run = (isDue) => [...waiting.keys()].filter(isDue).forEach(fire);

/** @param {Job} job whose time has come */
function fire(job) {
  later(job);
  waiting.get(job)?.();
}

/** @param {Job} job @param {number} [delay] milliseconds until its time comes; without, it has no timer */
function later(job, delay) {
  clearTimeout(job.timer);
  job.timer = delay && setTimeout(fire, delay, job);
}

/**
 * A form is sent: what its fields were going to send goes with it.
 * @param {any} form
 */
function cancel(form) {
  submissions.set(form, {});
  for (const job of waiting.keys()) {
    const { memory, call } = job;
    if (!isOwn(job) && call.on.type !== "submit" && formOf(memory.owner) === form) {
      waiting.delete(job);
    }
  }
}

/**
 * Starts what needs no event from outside; to be called whenever an element is found, for each of its calls.
 * @param {Job} job
 */
export function begin(job) {
  const { owner } = job.memory;
  const { type, threshold, rootMargin } = job.call.on;
  if (!isOwn(job) || (type === "every" ? waiting.has(job) : job.begun === owner)) return;
  job.begun = owner;
  const ask = () => schedule(job, null);
  if (/^[el]/.test(type)) ask();
  else {
    new IntersectionObserver(
      (entries, observer) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        if (type === "revealed") observer.disconnect();
        ask();
      },
      { threshold, rootMargin },
    ).observe(owner);
  }
}

/**
 * Lets a call run, now or later, if it is to run at all.
 * @param {Job} job
 * @param {any} target of the event
 * @param {import("./flight.js").Submission} [submission]
 */
export function schedule(job, target, submission) {
  const { memory } = job;
  const { type, once, changed, delay, throttle } = job.call.on;
  const isEvery = type === "every";
  if (job.spent) return;
  /** @type {any} */
  let values;
  /** @type {string} */
  let print;
  const isHere = () => get(memory.owner, "isConnected");
  /** What is to be sent: as it is now, or as it was when the element was here for the last time. */
  const read = () => {
    if (!values || isHere()) {
      values = readArguments(memory.owner, job.call, target, submission);
      print = JSON.stringify([values, target?.value]);
    }
    return values;
  };
  const look = () => {
    try {
      read();
    } catch {} // is said when it is read in earnest
  };
  look();
  waiting.set(job, () => {
    if (isOwn(job)) {
      if (!memory.jobs.includes(job) || !isHere()) {
        waiting.delete(job);
        return;
      }
      if (!isOpen() || (isEvery && document.hidden)) return;
    }
    look();
    if (!isEvery || once) waiting.delete(job);
    later(job, isEvery ? delay : throttle);
    if (changed && print && print === job.last) return;
    launch(
      memory.owner,
      job.call,
      () => {
        read();
        job.last = print;
        job.spent = once;
        if (submission) cancel(submission.form);
        return values;
      },
      submission,
    );
  });
  if (delay) later(job, delay);
  else if (!job.timer) fire(job);
}
