// What the stories have in common: who is in them, and how they find things as a screen reader names them.
import { enter, makeRoom, selfOf } from "../support/pages.js";
import { words } from "../support/words.js";

/** @typedef {import("playwright-core").Page} Page */

/**
 * Ann, who owns the room, and Bea; `options` say for each the `locale` and the `look` of their browser, and for both the
 * `Hand` that works the page. Each has a `page`, a `hand`, `says(key)` for the
 * words of their page, and ways to find what is on it by role and name.
 * @param {Stage} stage
 * @param {StoryOptions} options
 * @param {{ title?: string, max?: number, password?: string }} room
 */
export async function pair(stage, options, room = {}) {
  const [ann, bea] = [await person(stage, "ann", options), await person(stage, "bea", options)];
  const id = await makeRoom(ann, room);
  await enter(bea, id);
  for (const one of [ann, bea]) Object.assign(one, await selfOf(one));
  return { ann, bea, id };
}

/**
 * @param {Stage} stage
 * @param {"ann" | "bea"} name
 * @param {StoryOptions} options
 */
export async function person(stage, name, options) {
  const {
    Hand,
    [name]: { locale, look },
  } = options;
  const visitor = await stage.visitor({ name, locale, ...look });
  const { page } = visitor;
  /** @type {(role: Parameters<Page["getByRole"]>[0]) => (text: string, inside?: Page | Locator) => Locator} */
  const named =
    (role) =>
    (text, inside = page) =>
      inside.getByRole(role, { name: text, exact: true });
  return Object.assign(visitor, {
    // Known once one is in a room.
    id: "",
    called: "",
    color: "",
    says: words(locale),
    hand: new Hand(visitor),
    button: named("button"),
    link: named("link"),
    field: named("textbox"),
    dialog: named("dialog"),
    toggle: named("switch"),
    log: page.getByRole("log", { name: words(locale)("chat.log"), exact: true }),
  });
}

/**
 * The list of people: a column on a desk, a panel behind a button on a phone.
 * @param {Person} person
 */
export async function people({ page, hand, says }) {
  const panel = page.locator("#members");
  if (!(await panel.isVisible())) await hand.use(page.getByRole("button", { name: says("chat.members") }));
  await panel.waitFor();
  return panel;
}

/** @type {(visitor: WithPage, about: { id: string }) => Promise<string>} What a visitor's page calls somebody: their name in its language. */
export const calls = ({ page }, { id }) => page.locator(`#members-list [data-id="${id}"] .name`).textContent();

/** @type {(visitor: Person, other: Person) => Promise<Locator>} The button behind which stands what can be done with somebody. */
export const memberMore = async (visitor, other) =>
  visitor.button(`${visitor.says("chat.more")}: ${await calls(visitor, other)}`, await people(visitor));

/** @type {(visitor: Person, text: string) => Locator} The button behind which stands what can be done with a message. */
export const messageMore = ({ page, says }, text) =>
  page.locator("#rows .message", { hasText: text }).getByRole("button", { name: `${says("chat.more")}: ` });

/** @type {<Back extends Locator | null>(visitor: Person, button: Back) => Locator | Back} Where one comes back to from what was opened in the list of people: its button, or on a phone the button of the list. */
export const backIn = ({ page, says }, button) =>
  /** @type {{ width: number }} */ (page.viewportSize()).width < 1024
    ? page.getByRole("button", { name: says("chat.members") })
    : button;
