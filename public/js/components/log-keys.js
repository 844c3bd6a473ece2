// The conversation is one stop of the Tab key. Inside it the arrows go from message to message, and into one, to its links
// and buttons. Whoever begins to type there writes.
import { byId } from "../lib/dom.js";

const PARTS = ".message__said a, .message__said button";

export class LogKeys {
  #box;
  #field = byId("chat");

  constructor(box) {
    this.#box = box;
    box.addEventListener("keydown", (event) => this.#pressed(event));
    for (const link of box.querySelectorAll("#older a")) link.tabIndex = -1;
  }

  /** Takes a message out of the way of the Tab key. */
  take(row) {
    row.tabIndex = -1;
    for (const part of row.querySelectorAll(PARTS)) part.tabIndex = -1;
  }

  #pressed(event) {
    const { key, target, isComposing } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isComposing) return;
    const row = target.closest(".message");
    if (key === "Enter" && target === row) {
      event.preventDefault();
      return row.querySelector(".more:not([hidden])")?.click();
    }
    const to = this.#from(row, target)[key]?.();
    if (to) {
      event.preventDefault();
      to.focus({ preventScroll: true });
      to.scrollIntoView({ block: "nearest" });
    } else if (key === "Process" || (key.length === 1 && key !== " ")) {
      // The key itself goes to the field, as do the keys that compose a syllable.
      this.#field.focus({ preventScroll: true });
    }
  }

  #from(row, target) {
    const parts = row ? [row, ...row.querySelectorAll(PARTS)].filter((part) => part.checkVisibility()) : [];
    const at = parts.indexOf(target);
    return {
      ArrowUp: () => (row ? this.#beside(row, -1) : this.#inSight()),
      ArrowDown: () => (row ? this.#beside(row, 1) : this.#inSight()),
      ArrowRight: () => parts[at + 1],
      ArrowLeft: () => parts[at - 1],
      Escape: () => (target === row ? this.#box : row),
    };
  }

  get #messages() { return [...this.#box.querySelectorAll(".message")].filter((row) => row.checkVisibility()); }

  #beside(row, step) {
    const all = this.#messages;
    return all[all.indexOf(row) + step];
  }

  /** The last message that one sees some of. */
  #inSight() {
    const { top, bottom } = this.#box.getBoundingClientRect();
    return this.#messages.findLast((row) => {
      const box = row.getBoundingClientRect();
      return box.top < bottom && box.bottom > top;
    });
  }
}
