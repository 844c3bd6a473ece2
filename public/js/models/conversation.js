// One room over one socket: joins, catches up, sends, and comes back after every break. No DOM here.

const PAGE = 100;
// What was missed beyond this is not fetched at once: one scrolls to it.
const LEAP = 200;
const JOIN_LIMIT = 10_000;
// Between questions that are not answered; each time twice as long.
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 8_000;
// So often an answer without what is missing is believed to be late.
const TRIES = 3;
// The owner sent us out: there is nothing to come back for by itself.
const OUT = new Set(["kicked", "banned"]);
/** @type {Record<string, number | undefined>} */
const AGAIN = { room_full: 10_000, rate_limited: 5_000, unavailable: 3_000, unknown: 3_000 };

/**
 * What happens in it is told by events; `detail` has what is named here, as `ConversationEvents` has it.
 *
 * | event | detail |
 * |---|---|
 * | `joined` | the ack of the join |
 * | `left` | nothing: the seat or the line is gone, and it comes back by itself |
 * | `refused` | `{ why, again, been }`: not let in; `again` if it asks again by itself, `been` if it was in before |
 * | `deliver` | the rows that are to be shown next, in order |
 * | `known` | a message that came once more |
 * | `missed` | `{ count, again }`: rows that came while it was away; `again` if there are more than it said before |
 * | `leapt` | `{ seq, missed }`: it goes on after `seq`, without what lies before |
 * | `changed` | the room |
 * | `typing` | the visitor who writes |
 * | `away` | `{ visitor, away }` |
 * | `lost` | the visitors who are away: events that are no messages were dropped |
 * | `reacted`, `reported` | what the server sent |
 * | `exception` | a refusal of something else |
 * | `gone`, `sentout`, `stale` | it is over: the room ended, the refusal why, another history of the site |
 */
export class Conversation extends EventTarget {
  #room;
  #socket;
  #timeline;
  #getJson;
  #isNews;
  #setTimeout;
  #joined = false;
  #over = false;
  #turn = 0;
  /** @type {Promise<void> | null} */
  #catching = null;
  #wake = () => {};
  /** The place that the server said the room has reached; what lies before it and is not here is missing. */
  #wanted = 0;
  #strikes = 0;
  #been = false;
  #epoch;

  /**
   * @param {{
   *   room: string,
   *   epoch: string,
   *   socket: import("../lib/socket.js").Socket,
   *   timeline: import("./timeline.js").Timeline,
   *   getJson: (url: string) => Promise<any>,
   *   isNews: (row: Row) => boolean,
   *   setTimeout?: Clock["setTimeout"],
   * }} made `isNews` says whether a row counts as missed
   */
  constructor({
    room,
    epoch,
    socket,
    timeline,
    getJson,
    isNews,
    setTimeout = (run, ms) => globalThis.setTimeout(run, ms),
  }) {
    super();
    this.#room = room;
    this.#epoch = epoch;
    this.#socket = socket;
    this.#timeline = timeline;
    this.#getJson = getJson;
    this.#isNews = isNews;
    this.#setTimeout = setTimeout;
    socket
      .on("connect", () => this.join())
      .on("disconnect", () => this.#leave())
      .on("chat", (message) => this.take(message))
      .on("join", (line) => this.take(line))
      .on("exit", (line) => this.take(line))
      .on("edit", (line) => this.take(line))
      .on("typing", (visitor) => this.#tell("typing", visitor))
      .on("away", (told) => this.#tell("away", told))
      .on("missed", (now) => this.#tell("lost", now?.away ?? []))
      .on("reactions", (told) => this.#tell("reacted", told))
      .on("report", (report) => this.#tell("reported", report))
      .on("updateRoom", (changed) => {
        if (changed._id === room) this.#tell("changed", changed);
      })
      .on("removeRoom", (id) => {
        if (id === room) this.#end();
      })
      .on("exception", (refusal) =>
        OUT.has(refusal?.code ?? "") ? this.#out(refusal) : this.#tell("exception", refusal ?? {}),
      );
  }

  get joined() {
    return this.#joined;
  }

  async join() {
    const turn = ++this.#turn;
    let ack;
    try {
      ack = await this.#socket.request("join", this.#room, JOIN_LIMIT);
    } catch {
      // The line is up but the server is silent: only a new line helps. When the line broke, it comes back by itself.
      if (turn === this.#turn && !this.#over) this.#socket.restart();
      return;
    }
    if (turn !== this.#turn || this.#over) return;
    if (!ack?.ok) return this.#refuse(ack ?? {});
    if (this.#isStale(ack)) return;
    this.#joined = true;
    this.#tell("joined", ack);
    const behind = ack.seq - this.#timeline.last;
    const back = this.#been;
    this.#been = true;
    this.#wanted = ack.seq;
    this.#wake();
    if (behind > LEAP) this.#leap(ack.seq, back ? behind : 0);
    else if (behind > 0) this.catchUp(back);
  }

  /**
   * Who opened a page of the past has missed nothing.
   * @param {number} seq
   * @param {number} missed
   */
  #leap(seq, missed) {
    if (missed > 0) this.#tell("missed", { count: missed, again: false });
    const rows = this.#timeline.leap(seq);
    this.#tell("leapt", { seq, missed });
    this.#deliver(rows);
  }

  /** Somebody writes here. */
  typing() {
    if (this.#joined) this.#socket.emit("typing");
  }

  /**
   * Sends `content` by an event; resolves with the ack.
   * @param {{ content: object, nonce: string }} item
   * @return {Promise<Ack<{ message: Message }>>}
   */
  async say({ content, nonce }, event = "chat") {
    /** @type {Ack<{ message: Message }>} */
    const ack = await this.#socket.request(event, { ...content, nonce });
    if (ack?.ok) {
      this.#strikes = 0;
      this.take(ack.message);
    }
    // The server forgot that we are in: go in again and let the text wait for that, but not for ever.
    if (ack?.code === "not_a_member" && this.#joined && this.#strikes++ < 2) {
      this.#leave();
      this.join();
      throw new Error("not in the room");
    }
    return ack;
  }

  /**
   * A message from anywhere: live, an ack, an upload. Shown once, in its place.
   * @param {Row} message
   */
  take(message) {
    if (this.#timeline.has(message.seq)) this.#tell("known", message);
    this.#deliver(this.#timeline.accept(message));
    if (this.#timeline.gap) this.catchUp();
  }

  /** Asks for what is missing after the last row known; when one comes back, `missed` says how much that is. */
  catchUp(back = false) {
    this.#catching ??= this.#fetchMissing(back).finally(() => {
      this.#catching = null;
    });
    return this.#catching;
  }

  /** @param {boolean} back */
  async #fetchMissing(back) {
    let [missed, tries, failures] = [0, 0, 0];
    while (!this.#over) {
      /** @type {MessagePage} */
      let page;
      try {
        page = await this.#getJson(`/room/${this.#room}/messages?after=${this.#timeline.last}&limit=${PAGE}`);
      } catch (refusal) {
        if (/** @type {Refusal} */ (refusal).code === "room_not_found") return this.#end();
        // Who is out asks again on coming in, and where WebSocket is blocked every now and then.
        if (!this.#joined || !this.#behind) return;
        await this.#pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++));
        continue;
      }
      failures = 0;
      if (this.#isStale(page)) return;
      // What the room does not keep any more is not waited for.
      const rows = this.#timeline.leap((page.first ?? 1) - 1);
      rows.push(...page.data.flatMap((row) => this.#timeline.accept(row)));
      const news = back ? rows.filter((row) => this.#isNews(row)).length : 0;
      if (news > 0) this.#tell("missed", { count: missed + news, again: missed > 0 });
      missed += news;
      this.#deliver(rows);
      if (page.data.length === PAGE) continue;
      if (!this.#behind) return;
      if (++tries === TRIES) return this.#giveUp();
    }
  }

  /**
   * After a restored backup, what is shown may be ahead of the room. A server of an earlier version names no epoch.
   * @param {{ epoch?: string }} answer
   */
  #isStale({ epoch }) {
    if (!epoch || !this.#epoch || epoch === this.#epoch) return false;
    this.#close();
    this.#tell("stale");
    return true;
  }

  get #behind() {
    return this.#timeline.gap || this.#timeline.last < this.#wanted;
  }

  /**
   * A new join asks at once.
   * @param {number} ms
   * @return {Promise<void>}
   */
  #pause(ms) {
    return new Promise((done) => {
      this.#wake = done;
      this.#setTimeout(done, ms);
    });
  }

  // The server has nothing there.
  #giveUp() {
    this.#wanted = 0;
    this.#deliver(this.#timeline.skip());
  }

  /** Gives the seat back at once; the line goes with the page. */
  leave() {
    this.#over = true;
    this.#socket.emit("leave");
  }

  /**
   * @template {keyof ConversationEvents} Event
   * @param {Event} event
   * @param {ConversationEvents[Event]} [detail]
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  /** @param {Row[]} messages */
  #deliver(messages) {
    if (messages.length > 0) this.#tell("deliver", messages);
  }

  /** @param {Refusal} refusal */
  #refuse(refusal) {
    if (refusal.code === "room_not_found") return this.#end();
    const pause = AGAIN[refusal.code ?? ""];
    const wait = pause && Math.max(pause, (refusal.retryAfter ?? 0) * 1_000);
    this.#tell("refused", { why: refusal, again: wait !== undefined, been: this.#been });
    const turn = this.#turn;
    if (wait)
      this.#setTimeout(() => {
        if (turn === this.#turn && this.#socket.connected) this.join();
      }, wait);
  }

  #leave() {
    this.#turn += 1;
    if (!this.#joined) return;
    this.#joined = false;
    this.#tell("left");
  }

  /** @param {Refusal} refusal */
  #out(refusal) {
    if (this.#over) return;
    this.#close();
    this.#tell("sentout", refusal);
  }

  #end() {
    if (this.#over) return;
    this.#close();
    this.#tell("gone");
  }

  #close() {
    this.#over = true;
    this.#joined = false;
    this.#socket.close();
  }
}
