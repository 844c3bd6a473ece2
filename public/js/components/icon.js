// Changes which symbol of the sprite an icon shows.

/**
 * @param {Element} parent
 * @param {string} name
 */
export function markUse(parent, name) {
  const { href } = /** @type {SVGUseElement} */ (parent.querySelector("use"));
  href.baseVal = href.baseVal.replace(/[^#]*$/, name);
}
