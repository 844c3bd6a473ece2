// The wait between two messages in slow mode, shared by texts and GIFs.

export class SlowMode {
  #changed;
  #env;
  /** @type {{ over: Promise<void>, end: () => void, timer: unknown } | null} */
  #pause = null;

  /**
   * @param {{ changed: (seconds: number) => void } & Partial<Clock>} made `changed` is told of each pause that begins, and
   *   with 0 of its end before its time
   */
  constructor({ changed, ...env }) {
    this.#changed = changed;
    /** @type {Clock} */
    this.#env = {
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (timer) => globalThis.clearTimeout(/** @type {Timer} */ (timer)),
      ...env,
    };
  }

  /** Resolves when the pause is over; null when there is none. */
  get pause() {
    return this.#pause?.over ?? null;
  }

  /** Nothing is sent for so many seconds from now. */
  hold(seconds = 1) {
    const before = this.#pause;
    let end = () => {};
    /** @type {Promise<void>} */
    const over = new Promise((done) => {
      end = done;
    });
    const timer = this.#env.setTimeout(() => this.#end(), seconds * 1_000);
    this.#pause = { over, end, timer };
    if (before) this.#drop(before);
    this.#changed(seconds);
  }

  /** What was waited for does not hold any more. */
  free() {
    if (!this.#pause) return;
    this.#end();
    this.#changed(0);
  }

  #end() {
    const pause = this.#pause;
    this.#pause = null;
    if (pause) this.#drop(pause);
  }

  /**
   * Who waited looks again whether there is a pause.
   * @param {{ timer: unknown, end: () => void }} pause
   */
  #drop({ timer, end }) {
    this.#env.clearTimeout(timer);
    end();
  }
}
