// What one can do with a message or a member, behind its button with three dots. Other parts of the page add to it.
import { texts } from "../lib/texts.js";
import { fetchLook } from "../lib/sheets.js";
import { toast } from "../lib/toast.js";

// How long a menu waits for actions that are on their way.
const PATIENCE = 1_000;

const actions = [];
let coming = null;
let menu = null;

/**
 * Adds an action: `{ icon, text(subject), when(subject), act(subject), danger? }`. A subject has `kind` (`message` or
 * `member`), `visitor`, `name`, `color`, `hue`, `mine`, and of a message `id`, `element`, `text` or `gif`.
 */
export const addAction = (action) => actions.push(action);

/** Menus that are opened before more actions have been added wait for them. */
export const awaitActions = (promise) => { coming = promise.catch(() => {}); };

export const offersActions = (subject) => actions.some((action) => action.when(subject));

/** Opens the menu of a subject at its button; it is fetched with the first. */
export async function openActions(button, subject) {
  const patience = new Promise((done) => { setTimeout(done, PATIENCE); });
  // Once it is there it opens before another key can be pressed.
  menu ??= (await Promise.all([import("./menu.js"), fetchLook()]).catch(() => []))[0];
  await Promise.race([coming, patience]);
  menu?.openMenu(button, subject, actions.filter((action) => action.when(subject)).map((action) => ({
    ...action,
    text: action.text(subject),
    act: () => action.act(subject),
  })));
}

addAction({
  icon: "copy",
  text: () => texts.talk.copy,
  when: ({ text }) => Boolean(text) && Boolean(navigator.clipboard),
  act: ({ text }) => navigator.clipboard.writeText(text).then(() => toast(texts.talk.copied), () => {}),
});
