// A sentence with an icon and ways out, made from the server's own fragment: over the list as a notice, or as a toast.
import { clone, setText } from "../lib/dom.js";
import { markUse } from "./icon.js";

/** `button` is `{ text, act }`, `link` is `{ text, href }`, `shut()` closes it; each is there only if given. */
export function makeBanner({ icon = "alert", tone = "", says, dots = false, more = "", button, link, shut }) {
  const banner = clone("banner-template");
  if (tone) banner.classList.add(`banner--${tone}`);
  markUse(banner, icon);
  setText(banner.querySelector(".banner__says"), says);
  if (!dots) banner.querySelector(".dots").remove();
  const tail = banner.querySelector(".banner__more");
  if (more) tail.textContent = more;
  else tail.remove();
  const [act, close] = banner.querySelectorAll("button");
  if (button) {
    act.hidden = false;
    act.textContent = button.text;
    act.addEventListener("click", button.act);
  }
  if (link) {
    const way = banner.querySelector("a");
    way.hidden = false;
    way.textContent = link.text;
    way.href = link.href;
  }
  close.hidden = !shut;
  if (shut) close.addEventListener("click", shut);
  return banner;
}
