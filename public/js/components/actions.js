// What one can do with a message or a member, behind its button with three dots. The menu and its entries are fetched with
// the first; other parts of the page add to them.
import { fetchSheet } from "../lib/sheets.js";

// How long a menu waits for actions that are on their way.
const MENU_TIMEOUT = 1_000;

/** @type {Action[]} */
const actions = [];
/** @type {Promise<unknown> | null} */
let coming = null;
/** @type {typeof import("./entries.js") | null} */
let menu = null;
/** @type {ChatPage} What the entries that everybody has lead to. */
let shared;

/** @param {ChatPage} page */
export function startActions(page) {
  shared = page;
}

/** @type {(action: Action) => unknown} */
export const addAction = (action) => actions.push(action);

/** @type {(promise: Promise<unknown>) => void} Menus that are opened before more actions have been added wait for them. */
export const awaitActions = (promise) => {
  coming = promise.catch(() => {});
};

/**
 * Nothing can be done with oneself, nor with what one said while it is not stored, and once it is deleted.
 * @param {Subject} subject
 */
export const offersActions = ({ mine, id, text, gif }) => !mine || Boolean(id && (text ?? gif));

/**
 * Opens the menu of a subject at its button.
 * @param {HTMLElement} button
 * @param {Subject} subject
 */
export async function openActions(button, subject) {
  const patience = new Promise((done) => {
    setTimeout(done, MENU_TIMEOUT);
  });
  // Once it is there it opens before another key can be pressed.
  menu ??= await fetchSheet("menu", () => import("./entries.js")).catch(() => null);
  await Promise.race([coming, patience]);
  menu?.openEntries(button, subject, shared, actions);
}
