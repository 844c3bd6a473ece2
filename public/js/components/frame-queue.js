// Collects changes of the page and applies them once per frame, so that a burst of events does not block it.

const AT_ONCE = 16;
// A hidden page has no frames, and its timers may be a minute late.
const HIDDEN = 200;
const MOST_WAITING = 600;

/** @template Change */
export class FrameQueue {
  #apply;
  /** @type {Change[]} */
  #waiting = [];
  #asked = false;

  /** @param {(changes: Change[]) => void} apply makes the changes of one frame */
  constructor(apply) {
    this.#apply = apply;
  }

  /** @param {Change[]} changes */
  add(...changes) {
    this.#waiting.push(...changes);
    if (this.#waiting.length > MOST_WAITING) this.#apply(this.#waiting.splice(0));
    this.#ask();
  }

  #ask() {
    if (this.#asked || this.#waiting.length === 0) return;
    this.#asked = true;
    let done = false;
    const run = () => {
      if (done) return;
      done = true;
      this.#asked = false;
      this.#apply(this.#waiting.splice(0, document.hidden ? MOST_WAITING : AT_ONCE));
      this.#ask();
    };
    requestAnimationFrame(run);
    setTimeout(run, HIDDEN);
  }
}
