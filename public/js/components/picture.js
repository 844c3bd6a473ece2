// Pictures of GIFs. One that could not be loaded is tried again: a few times automatically, all once the connection is
// back, and each when it is tapped. Until then its still is shown.
import { keepFocus } from "../lib/focus.js";
import { texts } from "../lib/texts.js";

/**
 * One that is not there: what it should show, the button that tries again, and how often that was tried.
 * @typedef {{ url: string, button: HTMLButtonElement, tries: number, timer?: Timer }} Lost
 */

const PAUSES = [1_000, 3_000, 9_000, 27_000];
/** @type {Map<HTMLImageElement, Lost>} */
const lost = new Map();

/**
 * Shows a file in an `<img>`, unless it does so already.
 * @param {HTMLImageElement} image
 * @param {string} url
 */
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
    const image = /** @type {HTMLImageElement} */ (target);
    if (image.matches?.(".gif img[src^='/'], .viewer__stage img[src^='/']")) lose(image);
  },
  true,
);
addEventListener("online", retryPictures);

/** @param {HTMLImageElement} image */
function lose(image) {
  const url = image.getAttribute("src") ?? "";
  const isStill = url.endsWith("/still");
  image.classList.toggle("gif__none", isStill);
  // Its still is lost, too.
  if (lost.has(image)) return;
  const button = document.createElement("button");
  /** @type {Lost} */
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

/** @param {HTMLImageElement} image */
function forget(image) {
  const one = lost.get(image);
  lost.delete(image);
  image.classList.remove("gif__none");
  clearTimeout(one?.timer);
  if (one) keepFocus(() => one.button.remove(), image.closest("a"), image.closest("dialog"));
}

/**
 * @param {HTMLImageElement} image
 * @param {Lost} one
 */
function wait(image, one) {
  const pause = PAUSES[one.tries++];
  if (pause) one.timer = setTimeout(() => load(image, one), pause);
}

/**
 * @param {HTMLImageElement} image
 * @param {Lost} one
 */
function retry(image, one) {
  one.tries = 0;
  load(image, one);
}

/**
 * Loaded beside it, so that the still stays until the file is there.
 * @param {HTMLImageElement} image
 * @param {Lost} one
 */
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
