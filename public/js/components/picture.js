// Pictures of GIFs. One that could not be loaded is tried again: a few times automatically, all once the connection is
// back, and each when it is tapped. Until then its still is shown.
import { keepFocus } from "../lib/focus.js";
import { texts } from "../lib/texts.js";

const PAUSES = [1_000, 3_000, 9_000, 27_000];
const lost = new Map();

/** Shows a file in an `<img>`, unless it does so already. */
export function showPicture(image, url) {
  if (lost.get(image)?.url === url) return;
  forget(image);
  if (image.getAttribute("src") !== url) image.src = url;
  // It may have failed before this script ran.
  else if (image.complete && image.naturalWidth === 0) lose(image);
}

/** Tries all again that are not there. */
export function retryPictures() {
  for (const [image, one] of lost) retry(image, one);
}

document.addEventListener(
  "error",
  ({ target }) => {
    if (target.matches?.(".gif img[src^='/'], .viewer__stage img[src^='/']")) lose(target);
  },
  true,
);
addEventListener("online", retryPictures);

function lose(image) {
  const url = image.getAttribute("src");
  const isStill = url.endsWith("/still");
  image.classList.toggle("gif__none", isStill);
  // Its still is lost, too.
  if (lost.has(image)) return;
  const button = document.createElement("button");
  const one = { url, button, tries: 0 };
  lost.set(image, one);
  button.type = "button";
  button.className = "button button--small gif__load";
  button.textContent = texts.chat.gif_load;
  button.addEventListener("click", () => retry(image, one));
  image.closest(".gif__frame, .viewer__stage")?.append(button);
  if (!isStill) image.src = `${url}/still`;
  wait(image, one);
}

function forget(image) {
  const one = lost.get(image);
  lost.delete(image);
  image.classList.remove("gif__none");
  clearTimeout(one?.timer);
  if (one) keepFocus(() => one.button.remove(), image.closest("a"), image.closest("dialog"));
}

function wait(image, one) {
  const pause = PAUSES[one.tries++];
  if (pause) one.timer = setTimeout(() => load(image, one), pause);
}

function retry(image, one) {
  one.tries = 0;
  load(image, one);
}

// Loaded beside it, so that the still stays until the file is there.
function load(image, one) {
  clearTimeout(one.timer);
  if (lost.get(image) !== one) return;
  if (!image.isConnected) return forget(image);
  const file = new Image();
  const still = () => lost.get(image) === one;
  file.onload = () => {
    if (!still()) return;
    forget(image);
    image.src = one.url;
  };
  file.onerror = () => {
    if (still()) wait(image, one);
  };
  file.src = one.url;
}
