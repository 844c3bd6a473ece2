// Changes which symbol of the sprite an icon shows.

export function markUse(parent, name) {
  const use = parent.querySelector("use");
  const [sprite] = use.getAttribute("href").split("#");
  use.setAttribute("href", `${sprite}#${name}`);
}
