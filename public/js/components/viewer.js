// The large view of a GIF: what it shows, who sent it, when, how large. One goes on to the other GIFs of the same list,
// and the list goes along: it fetches more when one comes near its end. The browser's dialog brings Escape and focus.
import { announce, byId, setHue, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { sizeText } from "../lib/format.js";
import { texts } from "../lib/texts.js";
import { dressButton, isWanted } from "./gif.js";
import { pictureUrl } from "./own-file.js";
import { showPicture } from "./picture.js";
import { showName, whoIn } from "../lib/who.js";

// A GIF of few pixels is not blown up further.
const LARGEST = 2;
const SWIPE = 48;

const dialog = byId("viewer");
const stage = dialog.querySelector(".viewer__stage");
const play = dialog.querySelector(".viewer__play");
const again = dialog.querySelector(".viewer__again");
const download = dialog.querySelector(".viewer__download");
const steps = [...dialog.querySelectorAll("[data-step]")];
const news = new MutationObserver(() => {
  if (isDeleted()) showDeleted();
  else showSteps();
});
let list = null;
let figure = null;
let row = null;
// Where it stands among the others, also once its row has left the page.
let place = 0;
let image = null;
let playing = false;
let take = null;

/** Opens it for a GIF of a list; `send(gif)` sends one again, where that can be done. */
export function openViewer(chosen, send = null) {
  const from = document.activeElement;
  take = send;
  list = chosen.closest("[role=log]");
  show(chosen);
  news.observe(list, { childList: true, subtree: true });
  dialog.showModal();
  dialog.onclose = () => {
    news.disconnect();
    stage.replaceChildren();
    if (figure !== chosen && figure.isConnected) figure.querySelector(".gif__open").focus({ preventScroll: true });
    // The message may have left the list meanwhile.
    else if (!from?.isConnected) list.focus({ preventScroll: true });
  };
}

function show(chosen) {
  figure = chosen;
  row = figure.closest(".message");
  const time = row.querySelector(".message__time");
  dialog.querySelector(".mark").src = row.querySelector(".mark").src;
  const name = dialog.querySelector(".name");
  const who = whoIn(row);
  showName(name, who);
  setHue(name, who.hue);
  const when = dialog.querySelector("time");
  when.dateTime = time.dateTime;
  setText(when, time.title);
  showGif(facts());
  showWays(true);
  showSteps();
}

/** What can be done with the GIF that is shown. */
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
  const alt = dialog.querySelector(".viewer__alt");
  setText(alt, gone.textContent);
  alt.classList.add("sr");
  setText(dialog.querySelector(".viewer__size"), "");
  keepFocus(() => showWays(false), dialog.querySelector(".viewer__close"));
  showSteps();
  announce(gone.textContent);
}

/** What a message that sends it again says. */
function facts() {
  const small = figure.querySelector("img");
  const [width, height] = ["width", "height"].map((side) => Number(small.getAttribute(side)));
  const alt = figure.querySelector(".gif__alt")?.textContent ?? "";
  return { gif: figure.dataset.name, width, height, bytes: Number(figure.dataset.bytes), alt };
}

function showGif({ gif, width, height, bytes, alt: described }) {
  setText(dialog.querySelector(".viewer__size"), `${width} × ${height} · ${sizeText(bytes)}`);
  const alt = dialog.querySelector(".viewer__alt");
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

function run(wanted) {
  playing = wanted;
  showPicture(image, pictureUrl(figure, playing));
  dressButton(play, playing);
}

// Neither what is not stored yet nor what is folded away.
const others = () => [...list.querySelectorAll(".message[data-seq]:not(.message--muted) .gif")];

function neighbor(step) {
  const all = others();
  const at = all.indexOf(figure);
  if (at >= 0) place = at;
  // In the place of one that is gone stands the next.
  else if (step > 0) step -= 1;
  return all[place + step];
}

function showSteps() {
  for (const button of steps) button.setAttribute("aria-disabled", String(!neighbor(Number(button.dataset.step))));
}

function go(step) {
  const next = neighbor(step);
  if (!next) return;
  show(next);
  next.scrollIntoView({ block: "nearest" });
  announce(`${dialog.querySelector(".name").textContent}: ${image.alt}`);
}

for (const button of steps) button.addEventListener("click", () => go(Number(button.dataset.step)));
dialog.addEventListener("keydown", ({ key }) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) go(step);
});
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
  take(facts());
});
dialog.querySelector(".viewer__close").addEventListener("click", () => dialog.close());
// Beside the picture and the bars is outside.
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog || target === stage) dialog.close();
});
