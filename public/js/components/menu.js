// The one menu of the page: a popover at the button that opened it. Arrows move, Escape and a tap outside close.
import { byId, clone } from "../lib/dom.js";
import { focusFirst } from "../lib/focus.js";
import { markUse } from "./icon.js";

const EDGE = 8;
let opener = null;

/** Opens it with `{icon, text, danger, act}` for each entry. */
export function openMenu(button, entries) {
  const menu = byId("menu");
  if (!menu.dataset.ready) prepare(menu);
  opener = button;
  menu.setAttribute("aria-label", button.getAttribute("aria-label"));
  menu.replaceChildren(...entries.map(({ icon, text, danger, act }) => {
    const item = clone("item-template");
    markUse(item, icon);
    item.querySelector("span").textContent = text;
    item.classList.toggle("menu__item--danger", Boolean(danger));
    item.addEventListener("click", () => { menu.hidePopover(); act(); });
    return item;
  }));
  button.setAttribute("aria-expanded", "true");
  menu.showPopover();
  place(menu, button.getBoundingClientRect());
  menu.firstElementChild?.focus();
}

function place(menu, at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + height + EDGE < innerHeight;
  menu.style.insetInlineStart = `${Math.max(EDGE, Math.min(at.right - width, innerWidth - width - EDGE))}px`;
  menu.style.insetBlockStart = `${Math.max(EDGE, below ? at.bottom : at.top - height)}px`;
}

function prepare(menu) {
  menu.dataset.ready = "true";
  addEventListener("resize", () => { if (opener && menu.matches(":popover-open")) place(menu, opener.getBoundingClientRect()); });
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    opener?.removeAttribute("aria-expanded");
    // An action may have put the focus where it belongs; what it left alone goes back to the button.
    const lost = !document.activeElement || document.activeElement === document.body || menu.contains(document.activeElement);
    if (lost) focusFirst(opener, byId("members-btn"), byId("chat-list"));
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.children];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length).focus();
  });
}
