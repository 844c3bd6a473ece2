// People one does not want to hear: kept in this browser alone, by visitor. Their messages are folded to one line.
import { byId, part } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";
import { toast, undo } from "../lib/toast.js";

const KEY = "gifchat:muted";
// Beyond these the oldest is heard again.
const MOST = 500;

let ids = new Set(read());

/** @return {string[]} */
function read() {
  try {
    const kept = JSON.parse(/** @type {string} */ (localStorage.getItem(KEY)));
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @type {(visitor: string) => boolean} */
export const isMuted = (visitor) => ids.has(visitor);

let dressAll = () => {};
/** @type {(() => void)[]} */
const others = [];

/** @type {(act: () => void) => unknown} Calls `act()` when somebody is muted, or heard again. */
export const whenMuted = (act) => others.push(act);

/**
 * Mutes somebody, or hears them again.
 * @param {string} visitor
 * @param {string} name
 * @param {boolean} muted
 */
export function mute(visitor, name, muted) {
  if (muted) ids.add(visitor);
  else ids.delete(visitor);
  try {
    localStorage.setItem(KEY, JSON.stringify([...ids].slice(-MOST)));
  } catch {
    /* then for this page only */
  }
  // The menu that was opened at a message folds away with it.
  const row = document.activeElement?.closest(".message");
  dressAll();
  row?.querySelector(muted ? ".message__muted button" : ".more")?.focus({ preventScroll: true });
  toast(
    fill(muted ? texts.mute.done : texts.mute.undone, { name }),
    muted ? undo(() => mute(visitor, name, false)) : {},
  );
}

/**
 * Folds the messages of muted people in the list, now and as they come.
 * @param {Pick<ChatPage, "list">} page
 */
export function startMuting({ list }) {
  dressAll = () => {
    for (const row of list.messages) fold(row);
    for (const act of others) act();
    for (const member of byId("members-list").children)
      member.classList.toggle("member--muted", isMuted(member.dataset.id));
  };
  byId("rows").addEventListener("click", ({ target }) => {
    const row = /** @type {Element} */ (target).closest(".message__muted button")?.closest(".message");
    if (row) mute(row.dataset.visitor, part(row, ".name").textContent, false);
  });
  addEventListener("storage", ({ key }) => {
    if (key !== KEY) return;
    ids = new Set(read());
    dressAll();
  });
  new MutationObserver(dressAll).observe(byId("members-list"), { childList: true });
}

/**
 * Folds a message if its author is muted, or unfolds it.
 * @param {HTMLElement} row
 */
export function fold(row) {
  const muted = isMuted(row.dataset.visitor);
  if (row.classList.contains("message--muted") === muted) return;
  row.classList.toggle("message--muted", muted);
  row.querySelector(".message__muted")?.remove();
  if (!muted) return;
  const line = document.createElement("p");
  line.className = "message__muted";
  const open = document.createElement("button");
  open.type = "button";
  open.className = "button button--quiet button--small";
  open.textContent = texts.mute.undo;
  line.append(texts.mute.line, " ", open);
  part(row, ".message__said").before(line);
}
