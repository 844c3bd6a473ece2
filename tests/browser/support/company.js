// People without a browser who are in a room, for pages that need company.
import { gif } from "./gif.js";
import { Visitor, ask } from "./visitor.js";

/** @type {(server: Site, count: number) => Promise<Guest[]>} As many as asked for, not in any room yet. */
export const arrive = (server, count) =>
  Promise.all(Array.from({ length: count }, async () => new Guest(await Visitor.arrive(server))));

/** One of them: in a room after `enter`, and then with an id and a socket. */
export class Guest {
  room = "";
  id = "";
  /** @type {TestSocket | null} */
  #socket = null;

  /** @param {Visitor} visitor */
  constructor(visitor) {
    this.visitor = visitor;
  }

  /** @param {object} [fields] */
  makeRoom(fields) {
    return this.visitor.makeRoom(fields).then(({ _id }) => _id);
  }

  get socket() {
    if (!this.#socket) throw new Error("not in a room yet");
    return this.#socket;
  }

  /** @param {string} room */
  async enter(room) {
    this.room = room;
    this.#socket = await this.visitor.enter(room);
    this.id = this.socket.joined.you.id;
    return this;
  }

  /**
   * Says something; gives the message as stored.
   * @param {string} chat
   * @param {string} [reply] the id of a message
   * @return {Promise<Message>}
   */
  async say(chat, reply) {
    return must(await ask(this.socket, "chat", { chat, ...(reply && { reply }) })).message;
  }

  /**
   * Reacts, or takes it back with `on` false.
   * @param {string} message
   * @param {{ emoji?: string, gif?: string, on?: boolean }} kind
   */
  react(message, kind) {
    return this.#json("POST", `/messages/${message}/reactions`, kind);
  }

  /**
   * Changes what it said.
   * @param {string} message
   * @param {string} chat
   */
  rewrite(message, chat) {
    return this.#json("PATCH", `/messages/${message}`, { chat });
  }

  /**
   * @param {string} alt
   * @param {GifLook} [look]
   * @return {Promise<Message>}
   */
  async sendGif(alt, look) {
    const { status, body } = await this.visitor.sendGif(this.room, { bytes: gif(look), alt });
    return must({ ok: status === 201, message: body }).message;
  }

  /**
   * @param {string} to
   * @param {string} chat
   */
  async whisper(to, chat) {
    must(await ask(this.socket, "whisper", { to, chat }));
  }

  /**
   * @param {string} to
   * @param {string} alt
   * @param {GifLook} [look]
   */
  async whisperGif(to, alt, look) {
    const form = new FormData();
    for (const [name, value] of Object.entries({
      to,
      alt,
      gif: new Blob([Uint8Array.from(gif(look))], { type: "image/gif" }),
    }))
      form.append(name, value);
    const answer = await this.visitor.fetch(`/room/${this.room}/whisper/gif`, {
      method: "POST",
      body: form,
      headers: { accept: "application/json" },
    });
    must({ ok: answer.status === 201, status: answer.status });
  }

  /**
   * What an owner does.
   * @param {string} action
   * @param {object} fields
   */
  moderate(action, fields) {
    return this.#json("POST", "/moderate", { action, ...fields });
  }

  /** @param {object} fields */
  edit(fields) {
    return this.#json("PATCH", "", fields);
  }

  /**
   * @param {string} message
   * @param {string} reason
   */
  report(message, reason) {
    return this.#json("POST", "/reports", { message, reason });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} fields
   */
  async #json(method, path, fields) {
    const { status, body } = await this.visitor.json(method, `/room/${this.room}${path}`, fields);
    must({ ok: status < 300, body });
  }

  leave() {
    return ask(this.socket, "leave");
  }

  end() {
    this.visitor.end();
  }
}

/**
 * @template {{ ok: boolean }} Answer
 * @param {Answer} answer
 */
function must(answer) {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}
