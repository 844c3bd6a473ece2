// One room over one socket: joins, catches up, sends, and comes back after every break. No DOM here.

const PAGE = 100;
const JOIN_LIMIT = 10_000;
const AGAIN = { room_full: 10_000, rate_limited: 5_000, unavailable: 3_000 };

export class Conversation {
  #room;
  #socket;
  #timeline;
  #getJson;
  #view;
  #setTimeout;
  #joined = false;
  #over = false;
  #turn = 0;
  #catching = null;
  #strikes = 0;

  /** `view` is told: deliver, joined, left, refused, changed, gone, exception. */
  constructor({ room, socket, timeline, getJson, view, setTimeout = (run, ms) => globalThis.setTimeout(run, ms) }) {
    this.#room = room;
    this.#socket = socket;
    this.#timeline = timeline;
    this.#getJson = getJson;
    this.#view = view;
    this.#setTimeout = setTimeout;
    socket
      .on("connect", () => this.join())
      .on("disconnect", () => this.#leave())
      .on("chat", (message) => this.take(message))
      .on("join", (line) => this.take(line))
      .on("exit", (line) => this.take(line))
      .on("updateRoom", (changed) => { if (changed._id === room) view.changed(changed); })
      .on("removeRoom", (id) => { if (id === room) this.#end(); })
      .on("exception", (refusal) => view.exception(refusal));
  }

  get joined() { return this.#joined; }

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
    this.#joined = true;
    this.#view.joined(ack);
    if (ack.seq > this.#timeline.last) this.catchUp();
  }

  /** Sends a text; resolves with the ack. */
  async say({ chat, nonce }) {
    const ack = await this.#socket.request("chat", { chat, nonce });
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

  /** A message from anywhere: live, an ack, an upload. Shown once, in its place. */
  take(message) {
    if (this.#timeline.has(message.seq)) this.#view.known(message);
    this.#deliver(this.#timeline.accept(message));
    if (this.#timeline.gap) this.catchUp();
  }

  /** Asks for what is missing after the last message shown. */
  catchUp() {
    this.#catching ??= this.#fetchMissing().finally(() => { this.#catching = null; });
    return this.#catching;
  }

  async #fetchMissing() {
    for (let tries = 0; tries < 3 && !this.#over;) {
      let page;
      try {
        page = await this.#getJson(`/room/${this.#room}/messages?after=${this.#timeline.last}&limit=${PAGE}`);
      } catch (refusal) {
        if (refusal.code === "room_not_found") return this.#end();
        if (!this.#timeline.gap) return;
        await new Promise((done) => this.#setTimeout(done, 1_000));
        tries += 1;
        continue;
      }
      for (const message of page.data) this.#deliver(this.#timeline.accept(message));
      if (page.data.length === PAGE) continue;
      if (!this.#timeline.gap) return;
      tries += 1;
    }
    this.#deliver(this.#timeline.skip());
  }

  /** Gives the seat back at once; the line goes with the page. */
  leave() {
    this.#over = true;
    this.#socket.emit("leave");
  }

  #deliver(messages) {
    if (messages.length > 0) this.#view.deliver(messages);
  }

  #refuse(refusal) {
    if (refusal.code === "room_not_found") return this.#end();
    const wait = AGAIN[refusal.code];
    this.#view.refused(refusal, wait !== undefined);
    const turn = this.#turn;
    if (wait) this.#setTimeout(() => { if (turn === this.#turn && this.#socket.connected) this.join(); }, wait);
  }

  #leave() {
    this.#turn += 1;
    if (!this.#joined) return;
    this.#joined = false;
    this.#view.left();
  }

  #end() {
    if (this.#over) return;
    this.#over = true;
    this.#joined = false;
    this.#socket.close();
    this.#view.gone();
  }
}
