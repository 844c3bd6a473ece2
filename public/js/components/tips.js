// What a button does that shows an icon alone, for eyes: while one points at it, and when one has come to it by keyboard.
import { fetchLook } from "../lib/sheets.js";

const WAIT = 400;
const EDGE = 6;
const ICONS = ".button--icon, .composer__send, .gif__play";

const tip = document.createElement("div");
tip.className = "tip";
tip.popover = "manual";
// The button has the same words as its name.
tip.ariaHidden = "true";
document.body.append(tip);
/** @type {Element | null} */
let about = null;
/** @type {Timer | undefined} */
let timer;

function write() {
  if (!about) return;
  tip.textContent = about.getAttribute("aria-label");
  const { left, width, top, bottom } = about.getBoundingClientRect();
  const above = top - tip.offsetHeight - EDGE;
  tip.style.top = `${above > 0 ? above : bottom + EDGE}px`;
  tip.style.left = `${Math.max(EDGE, Math.min(left + (width - tip.offsetWidth) / 2, innerWidth - tip.offsetWidth - EDGE))}px`;
}

function hide() {
  clearTimeout(timer);
  timer = undefined;
  about = null;
  tip.hidePopover();
}

/**
 * Shows what a button does, after a moment; nothing for anything else.
 * @param {Element} target
 */
export function showTip(target, wait = WAIT) {
  const button = target.closest?.(ICONS);
  if (button && button === about) return;
  hide();
  if (!button) return;
  const mine = setTimeout(async () => {
    const styled = await fetchLook().then(
      () => true,
      () => false,
    );
    // Meanwhile one may have gone on.
    if (!styled || mine !== timer || !button.checkVisibility()) return;
    about = button;
    tip.showPopover();
    write();
  }, wait);
  timer = mine;
}

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "mouse") showTip(/** @type {Element} */ (target));
});
document.addEventListener("focusin", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.matches(":focus-visible")) showTip(target, 0);
});
for (const event of ["focusout", "pointerdown", "scroll"]) document.addEventListener(event, hide, true);
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") hide();
});
// What it does may be another thing now.
document.addEventListener("click", () => {
  if (about?.isConnected) write();
});
