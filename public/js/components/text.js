// What somebody wrote: text that stays text, with its addresses as links.
import { hrefOf, parts } from "../lib/links.js";

/**
 * @param {Element} element
 * @param {string} text
 */
export function writeText(element, text) {
  element.replaceChildren(...parts(text).map(({ text: piece, link }) => (link ? anchor(piece) : piece)));
}

/** @param {string} address */
function anchor(address) {
  const link = document.createElement("a");
  link.href = hrefOf(address);
  // As it is, whatever the text around it does.
  link.dir = "ltr";
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.textContent = address;
  return link;
}
