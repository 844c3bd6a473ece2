// The order of a room: each message once, by seq, without a gap.

export class Timeline {
  #last;
  /** @type {Map<number, Row>} */
  #held = new Map();

  /** @param {number} last the highest seq that is already shown */
  constructor(last) {
    this.#last = last;
  }

  get last() {
    return this.#last;
  }

  /** Whether a later message waits for an earlier one. */
  get gap() {
    return this.#held.size > 0;
  }

  /** @param {number} seq */
  has(seq) {
    return seq <= this.#last;
  }

  /**
   * Takes a message and returns those that may now be shown, in order.
   * @param {Row} message
   */
  accept(message) {
    if (this.has(message.seq)) return [];
    this.#held.set(message.seq, message);
    return this.#release();
  }

  /** Gives up on what is missing: the server was asked for it and has nothing there. */
  skip() {
    if (!this.gap) return [];
    this.#last = Math.min(...this.#held.keys()) - 1;
    return this.#release();
  }

  /**
   * Goes on behind `seq` without what lies before it; gives what may now be shown.
   * @param {number} seq
   */
  leap(seq) {
    this.#last = Math.max(this.#last, seq);
    for (const held of this.#held.keys()) if (held <= this.#last) this.#held.delete(held);
    return this.#release();
  }

  #release() {
    /** @type {Row[]} */
    const ready = [];
    for (let next = this.#held.get(this.#last + 1); next; next = this.#held.get(this.#last + 1)) {
      this.#held.delete(next.seq);
      this.#last = next.seq;
      ready.push(next);
    }
    return ready;
  }
}
