// GIFs on their way: ready, waiting, sending, checking, failed. One goes up at a time, in the order of choosing.

const SIGNATURE = /^GIF8[79]a/;
// Sending the same file again would not help.
const FINAL = ["too_large", "not_a_gif", "forbidden_gif"];
const PAUSE_AFTER_BREAK = 1_500;

/**
 * @typedef {{
 *   changed(item: Upload): void,
 *   removed(item: Upload, stored: boolean): void,
 *   stored(message: Message): void,
 *   returned(caption: string, reply?: Reply): void,
 * }} UploadsView
 */

export class Uploads {
  /** @type {Upload[]} */
  #items = [];
  #post;
  #view;
  #newNonce;
  #limit;
  #slowMode;
  #wait;
  #latest = 0;
  #open = false;
  /** @type {{ item: Upload, abort: () => void } | null} */
  #current = null;

  /**
   * `post(item, progress)` gives {done, abort}; `view` is told: changed(item), removed(item, stored), stored(message),
   * returned(caption, reply) when no GIF takes it along; `slowMode` says when the next may go.
   * @param {{
   *   post: (item: Upload, progress: (share: number) => void) => Posting,
   *   view: UploadsView,
   *   newNonce: () => string,
   *   limit: number,
   *   slowMode: Pick<import("./slow-mode.js").SlowMode, "pause" | "hold">,
   *   wait?: (ms: number) => Promise<unknown>,
   * }} made
   */
  constructor({ post, view, newNonce, limit, slowMode, wait = (ms) => new Promise((done) => setTimeout(done, ms)) }) {
    this.#post = post;
    this.#view = view;
    this.#newNonce = newNonce;
    this.#limit = limit;
    this.#slowMode = slowMode;
    this.#wait = wait;
  }

  get size() {
    return this.#items.length;
  }

  /**
   * One that waits or is on its way.
   * @param {string} nonce
   */
  find(nonce) {
    return this.#items.find((item) => item.nonce === nonce);
  }

  /**
   * The message of one has come, so it is not shown as unsent; whether its upload went well is told by the answer.
   * @param {string | undefined} nonce
   */
  confirm(nonce) {
    const item = nonce && this.find(nonce);
    if (item) item.known = true;
  }

  /**
   * Tells the state of one again that is still here, because how it can be shown has changed.
   * @param {Upload} item
   */
  look(item) {
    this.#turn(item, item.state);
  }

  /**
   * Puts a file in the queue; what cannot be sent is told at once.
   * @param {File} file
   * @param {{ nonce?: string, alt?: string, chat?: string, reply?: Reply, at?: number }} said
   */
  async add(
    file,
    { nonce = this.#newNonce(), alt = "", chat = "", reply, at = Math.max(Date.now(), this.#latest + 1) } = {},
  ) {
    // No two at the same time: it is their order after a reload.
    this.#latest = at;
    /** @type {Upload} */
    const item = { nonce, file, alt, chat, reply, at, state: "ready", progress: 0, tries: 0, why: null, final: false };
    this.#items.push(item);
    if (file.size > this.#limit) this.#fail(item, { code: "too_large", size: file.size, limit: this.#limit }, true);
    else this.#view.changed(item);
    const head = await file
      .slice(0, 6)
      .text()
      .catch(() => "");
    if (item.state === "ready" && !SIGNATURE.test(head)) this.#fail(item, { code: "not_a_gif" }, true);
    return item;
  }

  /**
   * Everything that is ready goes, the first of it with what is said with it and what that answers; whether there was any.
   * @param {string} caption
   * @param {Reply} [reply]
   */
  send(caption = "", reply) {
    const ready = this.#items.filter(({ state }) => state === "ready");
    if (ready.length > 0) Object.assign(ready[0], { chat: caption, reply });
    for (const item of ready) this.#turn(item, "waiting");
    this.#next();
    return ready.length > 0;
  }

  /**
   * One that waited before the page was left goes on waiting.
   * @param {Upload} item
   */
  resume(item) {
    if (item.state === "ready") this.#turn(item, "waiting");
    this.#next();
  }

  /** @param {Upload} item */
  retry(item) {
    if (item.state !== "failed" || item.final) return;
    item.tries = 0;
    this.#turn(item, "waiting");
    this.#next();
  }

  /** @param {Upload} item */
  cancel(item) {
    this.#drop(item);
    if (this.#current?.item === item) this.#current.abort();
  }

  start() {
    this.#open = true;
    this.#next();
  }

  /**
   * Nothing will go up any more.
   * @param {Refusal} why
   */
  end(why) {
    this.#open = false;
    for (const item of this.#items) {
      // Nobody can say it any more.
      Object.assign(item, { chat: "", reply: undefined });
      this.#fail(item, why, true);
    }
    this.#current?.abort();
  }

  /** Lets a running upload go on: its answer may still come. */
  stop() {
    this.#open = false;
  }

  /** @return {Promise<void>} */
  async #next() {
    if (this.#current || !this.#open) return;
    const item = this.#items.find(({ state }) => state === "waiting");
    if (!item) return;
    if (this.#slowMode.pause) return this.#slowMode.pause.then(() => this.#next());
    item.progress = 0;
    this.#turn(item, "sending");
    const { done, abort } = this.#post(item, (share) => {
      item.progress = share;
      this.#turn(item, share >= 1 ? "checking" : "sending");
    });
    this.#current = { item, abort };
    try {
      const message = await done;
      this.#drop(item, true);
      this.#view.stored(message);
    } catch (refusal) {
      if (this.#items.includes(item) && !item.final) this.#refused(item, /** @type {Refusal} */ (refusal));
    }
    this.#current = null;
    // A line that broke a moment ago is not asked again in the same breath.
    if (item.state === "waiting" && !this.#slowMode.pause) await this.#wait(PAUSE_AFTER_BREAK);
    this.#next();
  }

  /**
   * @param {Upload} item
   * @param {Refusal} refusal
   */
  #refused(item, refusal) {
    const { code = "" } = refusal;
    // Too early, nobody knows whether it is stored, or we are not in at the moment: it goes again by itself, under the same
    // nonce.
    const slow = code === "slow_mode";
    if (slow) this.#slowMode.hold(refusal.retryAfter);
    if (code === "offline" || code === "unknown") item.unsure = true;
    const unanswered = item.unsure && ["offline", "unknown", "unavailable"].includes(code);
    const broken = unanswered && item.tries++ < 2;
    if (slow || broken || (!this.#open && code === "not_a_member")) this.#turn(item, "waiting");
    else this.#fail(item, refusal, FINAL.includes(code));
  }

  /**
   * @param {Upload} item
   * @param {Refusal} why
   * @param {boolean} final
   */
  #fail(item, why, final) {
    item.why = why;
    item.final = final;
    if (final) this.#passOn(item);
    this.#turn(item, "failed");
  }

  /**
   * What was to be said goes with the next GIF, or back to who wrote it.
   * @param {Upload} item
   */
  #passOn(item) {
    const { chat, reply } = item;
    Object.assign(item, { chat: "", reply: undefined });
    if (!chat && !reply) return;
    const next = this.#items.find(
      (other) => other !== item && other.state === "waiting" && !other.chat && !other.reply,
    );
    if (!next) return this.#view.returned(chat, reply);
    Object.assign(next, { chat, reply });
    this.#turn(next, next.state);
  }

  /**
   * @param {Upload} item
   * @param {Upload["state"]} state
   */
  #turn(item, state) {
    item.state = state;
    if (this.#items.includes(item)) this.#view.changed(item);
  }

  /** @param {Upload} item */
  #drop(item, stored = false) {
    this.#items = this.#items.filter((other) => other !== item);
    if (!stored) this.#passOn(item);
    this.#view.removed(item, stored);
  }
}
