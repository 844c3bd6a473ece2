// Who is writing: known by an event now and then, and forgotten a while after the last one.

const SHOWN = 5_000;
const SAY_EVERY = 2_500;

export class Typing {
  /** @type {Map<string, { visitor: Visitor, timer: unknown }>} */
  #writers = new Map();
  #said = -Infinity;
  #changed;
  #say;
  #env;

  /**
   * `changed` is told whenever it differs who writes; `say()` tells the others that one writes oneself.
   * @param {{ changed: (visitors: Visitor[]) => void, say: () => void, now?: () => number } & Partial<Clock>} made
   */
  constructor({ changed, say, ...env }) {
    this.#changed = changed;
    this.#say = say;
    /** @type {Clock & { now: () => number }} */
    this.#env = {
      now: () => performance.now(),
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (timer) => globalThis.clearTimeout(/** @type {Timer} */ (timer)),
      ...env,
    };
  }

  /**
   * Somebody writes.
   * @param {Visitor} visitor
   */
  heard(visitor) {
    const known = this.#writers.get(visitor.id);
    if (known) this.#env.clearTimeout(known.timer);
    const timer = this.#env.setTimeout(() => this.stopped(visitor.id), SHOWN);
    this.#writers.set(visitor.id, { visitor, timer });
    if (!known) this.#tell();
  }

  /**
   * Somebody has sent it, left, or not gone on.
   * @param {string} id
   */
  stopped(id) {
    const known = this.#writers.get(id);
    if (!known) return;
    this.#env.clearTimeout(known.timer);
    this.#writers.delete(id);
    this.#tell();
  }

  /** Nobody writes, as far as one can know. */
  clear() {
    for (const id of [...this.#writers.keys()]) this.stopped(id);
  }

  /**
   * One writes oneself, or has sent it when there is no text any more.
   * @param {string} text
   */
  wrote(text) {
    if (text.trim() === "") {
      this.#said = -Infinity;
      return;
    }
    const now = this.#env.now();
    if (now - this.#said < SAY_EVERY) return;
    this.#said = now;
    this.#say();
  }

  #tell() {
    this.#changed([...this.#writers.values()].map(({ visitor }) => visitor));
  }
}
