// Changes which symbol of the sprite an icon shows.
import { part } from "../lib/dom.js";

/**
 * @param {Element} parent
 * @param {string} name
 */
export function markUse(parent, name) {
  const use = part(parent, "use");
  const [sprite] = use.href.baseVal.split("#");
  use.setAttribute("href", `${sprite}#${name}`);
}
