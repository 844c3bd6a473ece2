// A clock that runs only when told to.

export class Clock {
  #now = 0;
  /** @type {Map<unknown, { at: number, run: () => void }>} */
  #timers = new Map();
  #last = 0;

  /** @type {(run: () => void, ms?: number) => number} */
  setTimeout = (run, ms = 0) => {
    this.#timers.set(++this.#last, { at: this.#now + ms, run });
    return this.#last;
  };

  /** @type {(timer: unknown) => void} */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /** @type {(ms: number) => Promise<void>} Resolves after `ms` of this clock. */
  wait = (ms) =>
    new Promise((done) => {
      this.setTimeout(done, ms);
    });

  /** The times from now at which something is due. */
  get due() {
    return [...this.#timers.values()].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /**
   * Lets time pass, and everything that is due in it happen.
   * @param {number} ms
   */
  async pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next) break;
      const [id, { at, run }] = next;
      this.#timers.delete(id);
      this.#now = at;
      run();
    }
    this.#now = end;
    await settled();
  }
}

/** @type {() => Promise<void>} Lets promises that are settled tell so. */
export const settled = () =>
  new Promise((done) => {
    setImmediate(done);
  });
