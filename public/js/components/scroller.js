// Where one reads: along with the newest, or quietly further up with a pill that tells what came.
import { byId, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";

const NEAR = 80;
const EARLY = 400;

export class Scroller {
  #list;
  #pill = byId("pill");
  #atEnd = true;
  #unread = 0;
  #onTop;

  /** `onTop` is called when one comes near the oldest message shown. */
  constructor(list, onTop) {
    this.#list = list;
    this.#onTop = onTop;
    list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // The composer grows, a keyboard opens: who was at the end stays there.
    new ResizeObserver(() => { if (this.#atEnd) this.toEnd(); }).observe(list);
    this.#pill.addEventListener("click", () => { this.toEnd(); list.focus({ preventScroll: true }); });
  }

  /** Changes the list at its end; follows when one is there or when `always`. */
  grow(change, { unread = 0, always = false } = {}) {
    const follow = this.#atEnd || always;
    change();
    if (follow) return this.toEnd();
    this.#unread += unread;
    this.#showPill();
  }

  /** Changes the list above what one reads, which stays where it is. */
  keep(anchor, change) {
    const before = anchor?.offsetTop ?? 0;
    change();
    if (anchor) this.#list.scrollTop += anchor.offsetTop - before;
  }

  toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#atEnd = true;
    this.#unread = 0;
    this.#showPill();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#atEnd && this.#unread) {
      this.#unread = 0;
      this.#showPill();
    }
    if (scrollTop < EARLY) this.#onTop();
  }

  #showPill() {
    this.#pill.hidden = this.#unread === 0;
    if (this.#unread) setText(this.#pill.querySelector(".pill__text"), fill(texts.talk.new_messages, { n: this.#unread }));
  }
}
