/** @file Asks the user before a call is made. */
import { emit } from "./events.js";
import { lendFocus } from "./marks.js";

/**
 * A page that shows a dialog of its own prevents the event, and says by `detail.proceed(yes)` how it ended.
 * @param {import("./events.js").Detail} detail its message is the question
 * @param {() => void} go on
 */
export function confirm(detail, go) {
  const giveBack = lendFocus();
  let open = true;
  const proceed = (yes = true) => {
    if (!open) return;
    open = false;
    giveBack();
    if (yes) go();
  };
  if (emit("confirm", { ...detail, proceed })) proceed(window.confirm(`${detail.message}`));
}
