// Toasts: a few sentences at most, over everything but the composer, or in the open panel of people. Who points at them or has the focus there stops time.
import { byId, modalHost, part } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { refusal } from "../lib/texts.js";
import { makeBanner } from "./banner.js";

const MOST = 3;
const SHORT = 5_000;
// Who is offered something may take longer to read and to decide.
const LONG = 10_000;
const AGAIN = 1_000;

const box = document.createElement("div");
const composer = byId("chat-form");
/** @type {WeakMap<Element, HTMLElement | null>} Where the focus was when each came. */
const from = new WeakMap();
box.id = "toasts";
box.className = "toasts";
box.popover = "manual";
box.addEventListener("keydown", (event) => {
  const shown = event.key === "Escape" && /** @type {Element} */ (event.target).closest(".banner");
  if (!shown) return;
  event.preventDefault();
  drop(shown);
});
// Whatever opens or closes lies over it, or takes it away.
for (const change of ["toggle", "close"])
  document.addEventListener(change, ({ target }) => target !== box && settle(), true);
new ResizeObserver(settle).observe(composer);

/**
 * @param {string} says
 * @param {import("../lib/toast.js").ToastOptions} options
 */
export function showToast(says, { icon = "check", tone = "good", button } = {}) {
  const act = async () => {
    drop(banner);
    try {
      await button?.act();
    } catch (why) {
      showToast(refusal(/** @type {Refusal} */ (why)), { icon: "alert", tone: "" });
    }
  };
  const banner = makeBanner({
    icon,
    tone,
    says,
    button: button && { text: button.text, act },
    shut: () => drop(banner),
  });
  from.set(banner, document.activeElement);
  box.append(banner);
  while (box.children.length > MOST) drop(box.children[0]);
  settle();
  wait(banner, button ? LONG : SHORT);
}

const isHeld = () => document.hidden || box.matches(":hover, :focus-within");

/**
 * @param {HTMLElement} banner
 * @param {number} time
 */
function wait(banner, time) {
  setTimeout(() => {
    if (isHeld()) wait(banner, AGAIN);
    else drop(banner);
  }, time);
}

/** @param {Element} banner */
function drop(banner) {
  keepFocus(
    () => {
      banner.remove();
      if (!box.firstChild) box.remove();
    },
    from.get(banner),
    modalHost()?.querySelector("button"),
    byId("chat"),
    byId("chat-list"),
  );
}

// Puts it where it can be seen and used: into what lies on top.
function settle() {
  if (!box.firstChild) return;
  const dialog = modalHost();
  const panel = dialog ? null : document.querySelector("#members:popover-open");
  const home = dialog ?? panel ?? part(document, "main");
  box.classList.toggle("toasts--top", Boolean(dialog));
  box.style.setProperty("--foot", `${composer.offsetHeight}px`);
  // In the panel they have a place of their own: whatever they lay over there would be covered.
  box.popover = panel ? null : "manual";
  if (box.parentElement !== home)
    keepFocus(() => home.insertBefore(box, panel?.querySelector(".members__ways") ?? null), byId("chat"));
  if (!panel && !box.matches(":popover-open")) box.showPopover();
}
