// GIFs as small as an emoji: they play while they are in sight and the page is, as the room's switch stands.
import { byId } from "../lib/dom.js";

const motion = byId("motion-btn");
/** @type {WeakMap<Element, string>} */
const names = new WeakMap();
/** @type {Set<HTMLImageElement>} */
const seen = new Set();

/** @param {HTMLImageElement} image */
function run(image) {
  const url = `/gif/${names.get(image)}`;
  const src = motion.ariaChecked === "true" && !document.hidden && seen.has(image) ? url : `${url}/still`;
  if (image.getAttribute("src") !== src) image.src = src;
}

const runAll = () => {
  for (const image of seen) run(image);
};
const watch = new IntersectionObserver((entries) => {
  for (const { target: image, isIntersecting } of entries) {
    const target = /** @type {HTMLImageElement} */ (image);
    if (isIntersecting) seen.add(target);
    else seen.delete(target);
    if (target.isConnected) run(target);
    else watch.unobserve(target);
  }
});
new MutationObserver(runAll).observe(motion, { attributeFilter: ["aria-checked"] });
document.addEventListener("visibilitychange", runAll);

/**
 * Plays a GIF of the room in an image.
 * @param {HTMLImageElement} image
 * @param {string} gif
 */
export function playSmall(image, gif) {
  names.set(image, gif);
  run(image);
  watch.observe(image);
}
