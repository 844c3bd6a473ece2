// A sentence with an icon and ways out, made from the server's own fragment: over the list as a notice, or as a toast.
import { all, clone, part, setText } from "../lib/dom.js";
import { markUse } from "./icon.js";

/**
 * What it has is there only if given.
 * @param {Banner} about
 */
export function makeBanner({ icon = "alert", tone = "", says, dots = false, more = "", button, link, shut }) {
  const banner = clone("banner-template");
  if (tone) banner.classList.add(`banner--${tone}`);
  markUse(banner, icon);
  setText(part(banner, ".banner__says"), says);
  if (!dots) part(banner, ".dots").remove();
  const tail = part(banner, ".banner__more");
  if (more) tail.textContent = more;
  else tail.remove();
  const [act, close] = all(banner, "button");
  if (button) {
    act.hidden = false;
    act.textContent = button.text;
    act.addEventListener("click", button.act);
  }
  if (link) {
    const way = part(banner, "a");
    way.hidden = false;
    way.textContent = link.text;
    way.href = link.href;
  }
  close.hidden = !shut;
  if (shut) close.addEventListener("click", shut);
  return banner;
}
