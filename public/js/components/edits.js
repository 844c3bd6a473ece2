// Messages that their authors changed: what they say now, and that they were edited.
import { clone, part } from "../lib/dom.js";
import { clock, fullDate } from "../lib/format.js";
import { fill, texts } from "../lib/texts.js";
import { takeFromTab } from "./log-stop.js";
import { setCaption } from "./message.js";
import { writeText } from "./text.js";

// How long one may change what one said. The server has the last word.
const TIME = 15 * 60_000;

/** @type {(row: HTMLElement) => boolean} */
const isGone = (row) => Boolean(row.querySelector(".message__gone"));

/** @type {(row: HTMLElement) => boolean} Whether a message is one's own, and young enough to be changed. */
export const mayEdit = (row) =>
  row.matches(".mine[data-seq]") && !isGone(row) && Date.now() - Date.parse(row.dataset.at) < TIME;

/**
 * Shows what a line says about a message that was edited.
 * @param {HTMLElement} row
 * @param {Line} line
 */
export function edited(row, { chat, deleted, createdAt }) {
  // A later one may have been told already.
  if (deleted || isGone(row) || (row.querySelector(".message__edited")?.dateTime ?? "") > createdAt) return;
  write(row, chat);
  markEdited(row, createdAt);
  takeFromTab(row);
}

/**
 * What others hear of is no news: it is not read out.
 * @param {HTMLElement} row
 * @param {string} [chat]
 */
function write(row, chat) {
  row.setAttribute("aria-live", "off");
  const figure = row.querySelector(".gif");
  if (!figure) return writeText(part(row, ".message__text"), chat ?? "");
  setCaption(row, chat);
  if (!chat) describe(figure);
}

/**
 * Without a caption its description stands under a GIF again.
 * @param {HTMLElement} figure
 */
function describe(figure) {
  const { alt } = part(figure, "img");
  if (alt === texts.chat.gif_no_alt || figure.querySelector(".gif__alt")) return;
  const caption = part(clone("message-template"), ".gif__alt");
  caption.textContent = alt;
  figure.append(caption);
}

/**
 * Says behind the text of a message that it was edited, and when.
 * @param {HTMLElement} row
 * @param {string} at
 */
export function markEdited(row, at) {
  const date = new Date(at);
  const mark = row.querySelector(".message__edited") ?? clone("edited-template");
  const told = fill(texts.edit.edited_at, { time: clock(date) });
  mark.dateTime = at;
  mark.dataset.told = told;
  mark.title = fill(texts.edit.edited_at, { time: fullDate(date) });
  const text = row.querySelector(".message__text");
  if (text) text.append(text.contains(mark) ? "" : " ", mark);
  else part(row, ".gif").after(mark);
  const name = part(row, ".name").textContent;
  row.setAttribute("aria-label", `${name} ${part(row, ".message__time").textContent}, ${told}`);
}
