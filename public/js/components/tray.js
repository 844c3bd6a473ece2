// The tray: GIFs lately sent in this room, to be sent again without uploading them again. The first choice of one plays it
// and offers to send it, the second sends it.
import { byId, setText } from "../lib/dom.js";
import { walkGrid } from "../lib/grid.js";
import { getJson } from "../lib/http.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { showPicture } from "./picture.js";

const dialog = byId("tray");
const list = byId("tray-list");
const note = byId("tray-note");
const motion = byId("motion-btn");
/**
 * Shows how an entry is now.
 * @type {WeakMap<Element, () => void>}
 */
const shows = new WeakMap();
let turn = 0;

/**
 * Opens it; `take(gif)` gets what a message with that GIF says, and `deed` tells what that does: `send` or `add`.
 * @param {string} room
 * @param {(gif: Gif) => unknown} take
 * @param {"send" | "add"} deed
 */
export async function openTray(room, take, deed) {
  const mine = ++turn;
  const says = words(deed);
  list.replaceChildren();
  setText(note, "");
  dialog.showModal();
  /** @type {Listing<Gif>} */
  let page;
  try {
    page = await getJson(`/room/${room}/gifs`);
  } catch (why) {
    return setText(note, refusal(/** @type {Refusal} */ (why)));
  }
  if (mine !== turn) return;
  setText(note, page.count === 0 ? texts.tray.empty : says.hint);
  list.replaceChildren(...page.data.map((gif) => entry(gif, says, take)));
  list.querySelector("button")?.focus();
}

/** @param {"send" | "add"} deed */
function words(deed) {
  const { send_hint, send_this, add_hint, add, add_this } = texts.tray;
  if (deed === "add") return { hint: add_hint, word: add, name: add_this };
  return { hint: send_hint, word: texts.chat.send, name: send_this };
}

/**
 * @param {Gif} gif
 * @param {ReturnType<typeof words>} says
 * @param {(gif: Gif) => unknown} take
 */
function entry(gif, says, take) {
  const alt = gif.alt || texts.chat.gif_no_alt;
  const button = document.createElement("button");
  button.type = "button";
  const image = new Image(gif.width, gif.height);
  image.alt = "";
  image.loading = "lazy";
  const word = document.createElement("span");
  word.className = "tray__do";
  word.textContent = says.word;
  button.append(image, word);
  const show = () => {
    const chosen = isChosen(button);
    button.setAttribute("aria-label", fill(chosen ? says.name : texts.tray.play, { alt }));
    showPicture(image, chosen || isLookedAt(button) ? `/gif/${gif.gif}` : `/gif/${gif.gif}/still`);
  };
  for (const event of ["pointerenter", "pointerleave", "focus", "blur"]) button.addEventListener(event, show);
  button.addEventListener("click", () => {
    if (!isChosen(button)) return choose(button);
    dialog.close();
    take(gif);
  });
  shows.set(button, show);
  show();
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** @type {(button: Element) => boolean} */
const isChosen = (button) => button.classList.contains("tray__chosen");
// Whoever has stopped the GIFs of the room sees one play when it is chosen.
/** @type {(button: Element) => boolean} */
const isLookedAt = (button) => motion.ariaChecked === "true" && button.matches(":hover, :focus");

/** @param {HTMLElement} button */
function choose(button) {
  for (const one of [list.querySelector(".tray__chosen") ?? button, button]) {
    one.classList.toggle("tray__chosen", one === button);
    shows.get(one)?.();
  }
}

walkGrid(list);
// Beside it is outside.
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog) dialog.close();
});
// Nothing plays on behind a closed tray.
dialog.addEventListener("close", () => list.replaceChildren());
