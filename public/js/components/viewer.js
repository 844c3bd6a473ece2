// The large view of a GIF: what it shows, who sent it, when, how large. One goes on to the other GIFs of the same list,
// and the list goes along: it fetches more when one comes near its end. The browser's dialog brings Escape and focus.
import { all, announce, byId, part, setHue, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { sizeText } from "../lib/format.js";
import { texts } from "../lib/texts.js";
import { dressButton, isWanted } from "./gif.js";
import { pictureUrl } from "./own-file.js";
import { showPicture } from "./picture.js";
import { showName, whoIn } from "../lib/who.js";

// A GIF of few pixels is not blown up further.
/** @typedef {Pick<Gif, "gif" | "width" | "height" | "bytes" | "alt">} ShownGif */

const LARGEST = 2;
const SWIPE = 48;

const dialog = byId("viewer");
const stage = part(dialog, ".viewer__stage");
const play = part(dialog, ".viewer__play");
const again = part(dialog, ".viewer__again");
const download = part(dialog, ".viewer__download");
const steps = all(dialog, "[data-step]");
const news = new MutationObserver(() => {
  if (isDeleted()) showDeleted();
  else showSteps();
});
/** @type {HTMLElement} */
let list;
/** @type {HTMLElement} */
let figure;
/** @type {HTMLElement} */
let row;
// Where it stands among the others, also once its row has left the page.
let place = 0;
/** @type {HTMLImageElement | null} */
let image = null;
let playing = false;
/** @type {((gif: ShownGif) => unknown) | null} */
let take = null;

/**
 * Opens it for a GIF of a list; `send(gif)` sends one again, where that can be done.
 * @param {HTMLElement} chosen
 * @param {((gif: ShownGif) => unknown) | null} send
 */
export function openViewer(chosen, send = null) {
  const from = document.activeElement;
  take = send;
  list = /** @type {HTMLElement} */ (chosen.closest("[role=log]"));
  show(chosen);
  news.observe(list, { childList: true, subtree: true });
  dialog.showModal();
  dialog.onclose = () => {
    news.disconnect();
    stage.replaceChildren();
    if (figure !== chosen && figure.isConnected) part(figure, ".gif__open").focus({ preventScroll: true });
    // The message may have left the list meanwhile.
    else if (!from?.isConnected) list.focus({ preventScroll: true });
  };
}

/** @param {HTMLElement} chosen */
function show(chosen) {
  figure = chosen;
  row = /** @type {HTMLElement} */ (figure.closest(".message"));
  const time = part(row, ".message__time");
  part(dialog, ".mark").src = part(row, ".mark").src;
  const name = part(dialog, ".name");
  const who = whoIn(row);
  showName(name, who);
  setHue(name, who.hue);
  const when = part(dialog, "time");
  when.dateTime = time.dateTime;
  setText(when, time.title);
  showGif(shownGif());
  showWays(true);
  showSteps();
}

/**
 * What can be done with the GIF that is shown.
 * @param {boolean} there
 */
function showWays(there) {
  for (const way of [play, download]) way.hidden = !there;
  again.hidden = !there || !take;
}

// A row that has left the page still says what it said.
const isDeleted = () => row.isConnected && !row.contains(figure) && Boolean(image);

function showDeleted() {
  const gone = document.createElement("p");
  gone.textContent = texts.viewer.deleted;
  image = null;
  stage.replaceChildren(gone);
  const alt = part(dialog, ".viewer__alt");
  setText(alt, gone.textContent);
  alt.classList.add("sr");
  setText(dialog.querySelector(".viewer__size"), "");
  keepFocus(() => showWays(false), dialog.querySelector(".viewer__close"));
  showSteps();
  announce(gone.textContent);
}

/**
 * What a message that sends it again says.
 * @return {ShownGif}
 */
function shownGif() {
  const small = part(figure, "img");
  const [width, height] = ["width", "height"].map((side) => Number(small.getAttribute(side)));
  const alt = figure.querySelector(".gif__alt")?.textContent ?? "";
  return { gif: figure.dataset.name, width, height, bytes: Number(figure.dataset.bytes), alt };
}

/** @param {ShownGif} gif */
function showGif({ gif, width, height, bytes, alt: described }) {
  setText(dialog.querySelector(".viewer__size"), `${width} × ${height} · ${sizeText(bytes)}`);
  const alt = part(dialog, ".viewer__alt");
  setText(alt, described || texts.chat.gif_no_alt);
  // That there is no description is only said to those who do not see the GIF.
  alt.classList.toggle("sr", !described);
  Object.assign(download, { href: pictureUrl(figure, true), download: gif });
  image = new Image(width, height);
  image.alt = alt.textContent;
  image.draggable = false;
  image.style.maxInlineSize = `${LARGEST * width}px`;
  image.style.maxBlockSize = `${LARGEST * height}px`;
  run(isWanted(figure));
  stage.replaceChildren(image);
}

/** @param {boolean} wanted */
function run(wanted) {
  if (!image) return;
  playing = wanted;
  showPicture(image, pictureUrl(figure, playing));
  dressButton(play, playing);
}

// Neither what is not stored yet nor what is folded away.
/** @type {() => HTMLElement[]} */
const others = () => all(list, ".message[data-seq]:not(.message--muted) .gif");

/** @param {number} step */
function neighbor(step) {
  const gifs = others();
  const at = gifs.indexOf(figure);
  if (at >= 0) place = at;
  // In the place of one that is gone stands the next.
  else if (step > 0) step -= 1;
  return gifs[place + step];
}

function showSteps() {
  for (const button of steps) button.setAttribute("aria-disabled", String(!neighbor(Number(button.dataset.step))));
}

/** @param {number} step */
function go(step) {
  const next = neighbor(step);
  if (!next) return;
  show(next);
  next.scrollIntoView({ block: "nearest" });
  announce(`${part(dialog, ".name").textContent}: ${image?.alt}`);
}

for (const button of steps) button.addEventListener("click", () => go(Number(button.dataset.step)));
dialog.addEventListener("keydown", ({ key }) => {
  const step = Number(key === "ArrowRight") - Number(key === "ArrowLeft");
  if (step) go(step);
});
/** @type {{ x: number, y: number } | null} */
let start = null;
stage.addEventListener("pointerdown", ({ pointerType, isPrimary, clientX, clientY }) => {
  start = isPrimary && pointerType !== "mouse" ? { x: clientX, y: clientY } : null;
});
stage.addEventListener("pointerup", ({ clientX, clientY }) => {
  const [across, down] = start ? [clientX - start.x, clientY - start.y] : [0, 0];
  start = null;
  if (Math.abs(across) >= SWIPE && Math.abs(across) > 2 * Math.abs(down)) go(-Math.sign(across));
});
play.addEventListener("click", () => run(!playing));
again.addEventListener("click", () => {
  dialog.close();
  take?.(shownGif());
});
part(dialog, ".viewer__close").addEventListener("click", () => dialog.close());
// Beside the picture and the bars is outside.
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog || target === stage) dialog.close();
});
