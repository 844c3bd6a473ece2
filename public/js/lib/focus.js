// The focus is never lost: what takes it from the page gives it to what is nearest.
import { byId } from "./dom.js";

/** Whether nothing that one can see and use has the focus. */
export function lost() {
  const held = document.activeElement;
  return !held || held === document.body || !held.checkVisibility() || Boolean(held.closest("[inert]"));
}

/**
 * Gives the focus to the first of these that takes it.
 * @param {(HTMLElement | null | undefined)[]} ways
 */
export function focusFirst(...ways) {
  for (const way of ways) {
    way?.focus({ preventScroll: true });
    if (way && way === document.activeElement) return;
  }
}

/**
 * Changes the page; when what had the focus is gone or hidden then, the first of `ways` that can gets it.
 * @param {() => void} change
 * @param {(HTMLElement | null | undefined)[]} ways
 */
export function keepFocus(change, ...ways) {
  const had = !lost();
  change();
  if (had && lost()) focusFirst(...ways);
}

/** A dialog gives the focus back to what opened it, and where that is gone meanwhile, to what is nearest. */
export function keepFocusOfDialogs() {
  /** @type {HTMLElement | null} */
  let from = null;
  let inPanel = false;
  document.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("dialog, #menu")) return;
    from = target;
    inPanel = Boolean(target.closest("#members"));
  });
  document.addEventListener(
    "close",
    () => {
      if (!lost()) return;
      const panel = inPanel ? [byId("members-btn"), byId("members-title")] : [];
      focusFirst(from, ...panel, byId("chat"), byId("chat-list"));
    },
    true,
  );
}
