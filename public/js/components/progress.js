// How far a GIF has been sent, on the GIF itself: a ring that fills, a clock while it waits, and words in place of its size.
import { part, setText } from "../lib/dom.js";
import { sizeText } from "../lib/format.js";
import { fill, texts } from "../lib/texts.js";
import { markUse } from "./icon.js";

/** @typedef {{ state: string, progress: number }} Progress */

/** @type {Record<string, string>} */
const WORDS = { waiting: "upload_waiting", checking: "upload_checking" };

/** @type {(item: Progress) => string} In a few words, how far an item is that is not sent yet. */
export const stateText = ({ state, progress }) =>
  WORDS[state] ? texts.talk[WORDS[state]] : `${Math.round(progress * 100)}%`;

/**
 * Shows it on the figure of an item.
 * @param {HTMLElement} figure
 * @param {Progress & { file: File }} item
 */
export function showProgress(figure, item) {
  const { state, progress, file } = item;
  const ring = figure.querySelector(".gif__ring") ?? makeRing(figure, file.name);
  ring.classList.toggle("gif__ring--waits", state === "waiting");
  ring.ariaValueNow = String(Math.round(progress * 100));
  ring.ariaValueText = stateText(item);
  ring.style.setProperty("--done", `${progress * 100}%`);
  setText(figure.querySelector(".gif__size"), `${stateText(item)} · ${sizeText(file.size)}`);
}

/**
 * @param {HTMLElement} figure
 * @param {string} name
 */
function makeRing(figure, name) {
  const ring = document.createElement("span");
  ring.className = "gif__ring";
  ring.role = "progressbar";
  ring.ariaLabel = fill(texts.talk.upload_progress, { name });
  const clock = part(figure, ".gif__play .icon").cloneNode(true);
  ring.append(clock);
  markUse(ring, "clock");
  part(figure, ".gif__frame").append(ring);
  return ring;
}
