// The large view of a GIF: what it shows, who sent it, when, how large. The browser's dialog brings Escape and focus.
import { byId, setHue, setText } from "../lib/dom.js";
import { texts } from "../lib/texts.js";
import { dressButton, isWanted } from "./gif.js";

const dialog = byId("viewer");
const stage = dialog.querySelector(".viewer__stage");
const play = dialog.querySelector(".viewer__play");
let image = null;
let playing = false;

/** Opens it for a GIF of the list. */
export function openViewer(figure) {
  const row = figure.closest(".message");
  const small = figure.querySelector("img");
  const time = row.querySelector(".message__time");
  dialog.querySelector(".mark").src = row.querySelector(".mark").src;
  const name = dialog.querySelector(".name");
  setText(name, row.querySelector(".name").textContent);
  setHue(name, /hue-(\d+)/.exec(row.className)?.[1]);
  const when = dialog.querySelector("time");
  when.dateTime = time.dateTime;
  setText(when, time.title);
  const bytes = figure.querySelector(".gif__size").textContent.replace(/^GIF /, "");
  setText(dialog.querySelector(".viewer__size"), `${small.getAttribute("width")} × ${small.getAttribute("height")} · ${bytes}`);
  const alt = dialog.querySelector(".viewer__alt");
  setText(alt, small.alt);
  // That there is no description is only said to those who do not see the GIF.
  alt.classList.toggle("sr", small.alt === texts.chat.gif_no_alt);
  image = new Image(small.getAttribute("width"), small.getAttribute("height"));
  image.alt = small.alt;
  image.dataset.name = figure.dataset.name;
  show(isWanted(figure));
  stage.replaceChildren(image);
  const from = document.activeElement;
  dialog.showModal();
  dialog.onclose = () => {
    stage.replaceChildren();
    // The message may have left the list meanwhile.
    if (!from?.isConnected) byId("chat-list").focus({ preventScroll: true });
  };
}

function show(wanted) {
  playing = wanted;
  const { name } = image.dataset;
  image.src = playing ? `/gif/${name}` : `/gif/${name}/still`;
  dressButton(play, playing, image.alt);
}

play.addEventListener("click", () => show(!playing));
dialog.querySelector(".viewer__close").addEventListener("click", () => dialog.close());
// Beside the picture and the bar is outside.
dialog.addEventListener("click", ({ target }) => { if (target === dialog || target === stage) dialog.close(); });
