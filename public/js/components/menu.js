// The one menu of the page: a popover at the button that opened it. Arrows move, Escape and a tap outside close.
import { byId, clone, part, setText } from "../lib/dom.js";
import { focusFirst } from "../lib/focus.js";
import { showWho } from "../lib/who.js";
import { markUse } from "./icon.js";

const EDGE = 8;
const menu = byId("menu");
const list = part(menu, "[role=menu]");
const mark = new Image(48, 48);
/** @type {HTMLElement | null} */
let opener = null;

mark.className = "mark mark--s";
mark.alt = "";
part(menu, ".menu__who").prepend(mark);

const items = () => [...list.querySelectorAll("[role=menuitem]")];

/** @typedef {{ icon: string, text: string, danger?: boolean, act: () => unknown }} Entry */

/**
 * Opens it about somebody. What destroys stands apart, last.
 * @param {HTMLElement} button
 * @param {Subject} subject
 * @param {Entry[]} entries
 */
export function openMenu(button, { visitor, name, color, hue }, entries) {
  // Measured before anything closes: without `source` the panel with the button goes when the menu comes.
  const at = button.getBoundingClientRect();
  opener = button;
  showWho(menu, { id: visitor, name, color, hue });
  setText(part(menu, ".num"), color);
  list.ariaLabel = button.ariaLabel;
  const [harmless, harmful] = [false, true].map((danger) =>
    entries.filter((one) => Boolean(one.danger) === danger).map(entry),
  );
  list.replaceChildren(...harmless, ...(harmless.length > 0 && harmful.length > 0 ? [divider()] : []), ...harmful);
  button.setAttribute("aria-expanded", "true");
  if (menu.matches(":popover-open")) menu.hidePopover();
  menu.showPopover({ source: button });
  place(at);
  items()[0]?.focus();
}

/** @param {Entry} entry */
function entry({ icon, text, danger, act }) {
  const item = clone("item-template");
  markUse(item, icon);
  part(item, "span").textContent = text;
  item.classList.toggle("menu__item--danger", Boolean(danger));
  item.addEventListener("click", () => {
    menu.hidePopover();
    act();
  });
  return item;
}

function divider() {
  const line = document.createElement("hr");
  line.className = "menu__line";
  return line;
}

/** @param {DOMRect} at of the button */
function place(at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + height + EDGE < innerHeight;
  menu.style.insetInlineStart = `${Math.max(EDGE, Math.min(at.right - width, innerWidth - width - EDGE))}px`;
  menu.style.insetBlockStart = `${Math.max(EDGE, below ? at.bottom : at.top - height)}px`;
}

addEventListener("resize", () => {
  if (opener?.checkVisibility() && menu.matches(":popover-open")) place(opener.getBoundingClientRect());
});

menu.addEventListener("toggle", ({ newState }) => {
  if (newState !== "closed") return;
  opener?.removeAttribute("aria-expanded");
  // An action may have put the focus where it belongs; what it left alone goes back to the button.
  const lost =
    !document.activeElement || document.activeElement === document.body || menu.contains(document.activeElement);
  if (lost) focusFirst(opener, byId("members-btn"), byId("chat-list"));
});

menu.addEventListener("keydown", (event) => {
  const all = items();
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number | undefined>} */
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
  const to = steps[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (to === undefined) return;
  event.preventDefault();
  all.at(to % all.length)?.focus();
});
