// Choosing how to react to a message: a common emoji, any other, or a GIF lately sent in the room. And who reacted how.
import { byId, part, setText } from "../lib/dom.js";
import { walkGrid } from "../lib/grid.js";
import { getJson } from "../lib/http.js";
import { refusal, texts } from "../lib/texts.js";
import { showWho, whoIs } from "../lib/who.js";
import { react } from "./reactions.js";
import { playSmall } from "./small-gifs.js";

const dialog = byId("react");
const gifs = byId("react-gifs");
const other = byId("react-other");
const people = byId("reacted");
/** @type {{ room: string, id: string } | null} */
let now = null;

/**
 * Opens the choice of a reaction to a message.
 * @param {string} room
 * @param {StoredSubject} subject
 */
export async function openReact(room, { id }) {
  const mine = { room, id };
  now = mine;
  other.value = "";
  setText(byId("react-error"), "");
  setText(byId("react-note"), "");
  gifs.replaceChildren();
  dialog.showModal();
  part(byId("react-emoji"), "button").focus();
  try {
    const { data } = await getJson(`/room/${room}/gifs`);
    if (mine !== now) return;
    setText(byId("react-note"), data.length === 0 ? texts.tray.empty : "");
    gifs.replaceChildren(...data.map(choice));
  } catch (why) {
    if (mine === now) setText(byId("react-note"), refusal(/** @type {Refusal} */ (why)));
  }
}

/** @param {Gif} gif */
function choice({ gif, alt }) {
  const button = document.createElement("button");
  button.type = "button";
  button.ariaLabel = alt || texts.chat.gif_no_alt;
  button.dataset.gif = gif;
  button.append(small(gif));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** @param {string} gif */
function small(gif, alt = "") {
  const image = new Image(28, 28);
  image.alt = alt;
  playSmall(image, gif);
  return image;
}

/** @param {{ emoji?: string, gif?: string }} kind */
async function give(kind) {
  const mine = now;
  if (!mine) return;
  try {
    await react(mine.room, mine.id, kind, true);
    if (mine === now) dialog.close();
  } catch (why) {
    if (mine === now) setText(byId("react-error"), refusal(/** @type {Refusal} */ (why)));
  }
}

for (const list of [byId("react-emoji"), gifs]) {
  walkGrid(list);
  list.addEventListener("click", ({ target }) => {
    const { emoji, gif } =
      /** @type {Element} */ (target).closest("button")?.dataset ?? /** @type {DOMStringMap} */ ({});
    if (emoji ?? gif) give(emoji ? { emoji } : { gif });
  });
}
byId("react-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const emoji = other.value.trim();
  if (emoji) give({ emoji });
  else other.focus();
});

/**
 * Shows who reacted to a message, and how.
 * @param {string} room
 * @param {StoredSubject} subject
 */
export async function openReacted(room, { id }) {
  const list = byId("reacted-list");
  list.replaceChildren();
  setText(byId("reacted-note"), "");
  people.showModal();
  try {
    const { data } = await getJson(`/room/${room}/messages/${id}/reactions`);
    setText(byId("reacted-note"), data.length === 0 ? texts.react.none : "");
    list.replaceChildren(...data.map(group));
  } catch (why) {
    setText(byId("reacted-note"), refusal(/** @type {Refusal} */ (why)));
  }
}

/** @param {ReactionKind} kind */
function group({ emoji, gif, by }) {
  const item = document.createElement("li");
  const kind = document.createElement("span");
  kind.className = "reacted__kind";
  kind.append(gif ? small(gif, "GIF") : (emoji ?? ""));
  const names = document.createElement("ul");
  names.append(...by.map(person));
  item.append(kind, names);
  return item;
}

/** @param {Visitor} visitor */
function person(visitor) {
  const item = document.createElement("li");
  const mark = new Image(48, 48);
  mark.className = "mark mark--xs";
  mark.alt = "";
  const name = document.createElement("b");
  name.className = "name";
  item.append(mark, name);
  showWho(item, whoIs(visitor));
  return item;
}

for (const sheet of [dialog, people])
  sheet.addEventListener("click", ({ target }) => {
    if (target === sheet) sheet.close();
  });
