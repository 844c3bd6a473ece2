// Where one reads: at the end, along with the newest, or quietly further up with a pill that leads back.
// The list is laid out from its end (flex-direction: column-reverse), so that scrollTop is 0 there and negative further
// up: the first paint is at the end, who is there stays there, and what comes in above moves nothing.
import { all, byId, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";

const NEAR = 8;
const EARLY = 600;
const DEEP = 3_000;

export class Scroller {
  #box;
  #rows;
  #pill = byId("pill");
  #unread = 0;
  #watch;

  /**
   * `reach` is told `top` or `end` when one comes near it; `newest` is what the pill does.
   * @param {HTMLElement} box
   * @param {Element} rows
   * @param {{ reach: (where: "top" | "end") => void, newest: () => void }} told
   */
  constructor(box, rows, { reach, newest }) {
    this.#box = box;
    this.#rows = rows;
    this.#watch = reach;
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#pill.addEventListener("click", () => {
      box.focus({ preventScroll: true });
      newest();
    });
  }

  /** Whether one is so far from the oldest row that some of those may leave unnoticed. */
  get deep() {
    return this.#fromTop > DEEP;
  }

  get #fromTop() {
    return this.#box.scrollHeight - this.#box.clientHeight + this.#box.scrollTop;
  }

  get atEnd() {
    return this.#box.scrollTop > -NEAR;
  }

  /**
   * Changes the list; what one reads, from the first row that is seen whole, stays where it is.
   * @param {() => void} change
   */
  keep(change) {
    const edge = this.#box.getBoundingClientRect().top;
    /** @type {(row: Element) => number} */
    const top = (row) => row.getBoundingClientRect().top;
    const row = all(this.#rows, "[data-at]").find((one) => top(one) >= edge);
    const at = row ? top(row) : 0;
    change();
    if (row?.isConnected) this.#box.scrollTop += top(row) - at;
  }

  toEnd() {
    this.#box.scrollTop = 0;
    this.read();
  }

  /**
   * So many have come in below what one reads.
   * @param {number} count
   */
  unread(count) {
    this.#unread += count;
    this.show();
  }

  /** Nothing is unread any more. */
  read() {
    this.#unread = 0;
    this.show();
  }

  /** Shows the pill when something came in below, or when the end is far. */
  show() {
    const far = this.#box.scrollTop < -2 * this.#box.clientHeight;
    const { newest, new_one: one, new_messages: many } = texts.talk;
    const text = this.#unread === 0 ? newest : fill(this.#unread === 1 ? one : many, { n: this.#unread });
    const shown = this.#unread > 0 || far;
    if (shown) setText(this.#pill.querySelector(".pill__text"), text);
    if (!shown && document.activeElement === this.#pill) this.#box.focus({ preventScroll: true });
    this.#pill.hidden = !shown;
  }

  /** Tells again which end is near, after the list has changed. */
  look() {
    if (this.#fromTop < EARLY) this.#watch("top");
    if (this.#box.scrollTop > -EARLY) this.#watch("end");
  }

  #scrolled() {
    this.look();
    this.show();
  }
}
