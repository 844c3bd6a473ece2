// The tray: GIFs lately sent in this room, to be sent again without uploading them again.
import { byId, setText } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { fill, refusal, texts } from "../lib/texts.js";

const dialog = byId("tray");
const list = byId("tray-list");
const note = byId("tray-note");
let turn = 0;

/** Opens it; `take(gif)` gets what a message with that GIF says. */
export async function openTray(room, take) {
  const mine = ++turn;
  list.replaceChildren();
  setText(note, "");
  dialog.showModal();
  let page;
  try {
    page = await getJson(`/room/${room}/gifs`);
  } catch (why) {
    return setText(note, refusal(why));
  }
  if (mine !== turn) return;
  setText(note, page.count === 0 ? texts.tray.empty : "");
  list.replaceChildren(...page.data.map((gif) => entry(gif, take)));
  list.querySelector("button")?.focus();
}

function entry(gif, take) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", fill(texts.tray.again, { alt: gif.alt || texts.chat.gif_no_alt }));
  const image = new Image(gif.width, gif.height);
  image.alt = "";
  image.loading = "lazy";
  image.src = `/gif/${gif.gif}/still`;
  button.append(image);
  button.addEventListener("click", () => { dialog.close(); take(gif); });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// The arrows go from GIF to GIF as they stand there.
list.addEventListener("keydown", (event) => {
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const wide = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
  if (at < 0 || step === undefined) return;
  event.preventDefault();
  buttons[at + step]?.focus();
});
// Beside it is outside.
dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
