// Playing and stopping a GIF: the file or its still, behind one stone.
import { markUse } from "./icon.js";
import { fill, texts } from "../lib/texts.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function show(figure, playing) {
  const { name } = figure.dataset;
  const image = figure.querySelector("img");
  const button = figure.querySelector(".gif__play");
  // The first choice was the browser's, by <source>; from now on it is the visitor's.
  figure.querySelector("source")?.remove();
  const url = playing ? `/gif/${name}` : `/gif/${name}/still`;
  if (image.getAttribute("src") !== url) image.src = url;
  dress(figure, button, image, playing);
}

function dress(figure, button, image, playing) {
  figure.classList.toggle("gif--playing", playing);
  figure.classList.toggle("gif--still", !playing);
  const words = playing ? texts.chat.gif_pause : texts.chat.gif_play;
  button.setAttribute("aria-label", fill(words, { alt: image.alt }));
  markUse(button, playing ? "pause" : "play");
}

/** Gives a figure the state the browser chose for it. */
export function dressGif(figure) {
  const image = figure.querySelector("img");
  figure.dataset.name ??= image.getAttribute("src").slice("/gif/".length).replace(/\/still$/, "");
  dress(figure, figure.querySelector(".gif__play"), image, !calm.matches);
}

export function startGifs(list) {
  for (const figure of list.querySelectorAll(".gif")) dressGif(figure);
  list.addEventListener("click", (event) => {
    const figure = event.target.closest(".gif__play")?.closest(".gif");
    if (figure) show(figure, figure.classList.contains("gif--still"));
  });
  calm.addEventListener("change", () => {
    for (const figure of list.querySelectorAll(".gif")) show(figure, !calm.matches);
  });
}
