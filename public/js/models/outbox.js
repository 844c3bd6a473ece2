// What was written here and is not stored yet. Sent one after another in the order of writing; a nonce names each
// message, so that sending it twice stores it once.

const PAUSE_AFTER_SILENCE = 2_000;
/** @type {Ack} */
const SILENCE = { code: "unknown" };

export class Outbox {
  /** @type {OutboxItem[]} */
  #items;
  #send;
  #changed;
  #newNonce;
  #limit;
  #slowMode;
  #wait;
  #open = false;
  #busy = false;

  /**
   * `send(item)` resolves with an ack and rejects when no answer came; `changed(item)` is told of each new state;
   * `slowMode` says when the next may go; `saved` is what `unsent` gave in an earlier life of the page.
   * @param {{
   *   send: (item: OutboxItem) => Promise<Ack<object>>,
   *   changed: (item: OutboxItem) => void,
   *   newNonce: () => string,
   *   slowMode: Pick<import("./slow-mode.js").SlowMode, "pause" | "hold">,
   *   limit?: number,
   *   saved?: SavedItem[],
   *   wait?: (ms: number) => Promise<unknown>,
   * }} made
   */
  constructor({
    send,
    changed,
    newNonce,
    slowMode,
    limit = 200,
    saved = [],
    wait = (ms) => new Promise((done) => setTimeout(done, ms)),
  }) {
    this.#send = send;
    this.#changed = changed;
    this.#newNonce = newNonce;
    this.#slowMode = slowMode;
    this.#limit = limit;
    this.#wait = wait;
    this.#items = saved.slice(0, limit).map((item) => ({ ...item, state: item.why ? "failed" : "pending" }));
  }

  get items() {
    return [...this.#items];
  }

  /** What is worth keeping; what has failed waits for its author also in the next life of the page. */
  get unsent() {
    return this.#items.map(({ nonce, content, at, state, why }) => ({
      nonce,
      content,
      at,
      ...(state === "failed" && { why }),
    }));
  }

  get full() {
    return this.#items.length >= this.#limit;
  }

  get limit() {
    return this.#limit;
  }

  /**
   * Puts a message in line; null when the line is full.
   * @param {Content} content
   */
  add(content) {
    if (this.full) return null;
    /** @type {OutboxItem} */
    const item = { nonce: this.#newNonce(), content, at: Date.now(), state: "pending" };
    this.#items.push(item);
    this.#changed(item);
    this.#flush();
    return item;
  }

  /** @param {string} nonce */
  retry(nonce) {
    const item = this.#find(nonce);
    if (item?.state !== "failed") return;
    this.#turn(item, "pending");
    this.#flush();
  }

  /** @param {string} nonce */
  remove(nonce) {
    const item = this.#find(nonce);
    if (!item) return;
    this.#items = this.#items.filter((other) => other !== item);
    this.#turn(item, "removed");
  }

  /**
   * The message is known to be stored, by an ack or because it arrived; true when it was waiting here.
   * @param {string | undefined} nonce
   */
  confirm(nonce) {
    const item = nonce && this.#find(nonce);
    if (!item) return false;
    this.#items = this.#items.filter((other) => other !== item);
    this.#turn(item, "sent");
    return true;
  }

  /** There is a line to the server: sends what waits. */
  start() {
    this.#open = true;
    this.#flush();
  }

  stop() {
    this.#open = false;
  }

  /**
   * Nothing will go out any more: what waits has failed for good, because of `why`.
   * @param {Refusal} why
   */
  end(why) {
    this.#open = false;
    const items = this.#items;
    this.#items = [];
    for (const item of items) {
      Object.assign(item, { why, final: true });
      this.#turn(item, "failed");
    }
  }

  async #flush() {
    if (this.#busy) return;
    this.#busy = true;
    for (let item = this.#next(); item && this.#open; item = this.#next())
      await (this.#slowMode.pause ?? this.#try(item));
    this.#busy = false;
  }

  /** @param {OutboxItem} item */
  async #try(item) {
    const ack = await this.#send(item).catch(() => SILENCE);
    if (ack?.code === "unknown") item.unsure = true;
    // No answer says nothing about what happened there; the nonce makes asking again safe. A refusal because the store is
    // away says nothing about an earlier try.
    if (item.unsure && (ack?.code === "unknown" || ack?.code === "unavailable")) {
      if (this.#open) await this.#wait(PAUSE_AFTER_SILENCE);
      return;
    }
    if (item.state !== "pending") return;
    if (ack?.code === "slow_mode") return this.#slowMode.hold(ack.retryAfter);
    if (ack?.ok) {
      // It leaves this list when its message takes its place in the room.
      item.state = "stored";
    } else {
      item.why = ack;
      this.#turn(item, "failed");
    }
  }

  /**
   * @param {OutboxItem} item
   * @param {OutboxItem["state"]} state
   */
  #turn(item, state) {
    item.state = state;
    this.#changed(item);
  }

  #next() {
    return this.#items.find(({ state }) => state === "pending");
  }

  /** @param {string} nonce */
  #find(nonce) {
    return this.#items.find((item) => item.nonce === nonce);
  }
}
