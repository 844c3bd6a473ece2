// People without a browser who are in a room, for pages that need company.
import { gif } from "./gif.js";
import { Visitor, ask } from "./visitor.js";

/** As many as asked for, not in any room yet. */
export const arrive = (server, count) =>
  Promise.all(Array.from({ length: count }, async () => new Guest(await Visitor.arrive(server))));

/** One of them: in a room after `enter`, and then with an id and a socket. */
export class Guest {
  constructor(visitor) {
    this.visitor = visitor;
  }

  makeRoom(fields) {
    return this.visitor.makeRoom(fields).then(({ _id }) => _id);
  }

  async enter(room) {
    this.room = room;
    this.socket = await this.visitor.enter(room);
    this.id = this.socket.joined.you.id;
    return this;
  }

  /** Says something, perhaps as a `reply`; gives the message as stored. */
  async say(chat, reply) {
    return must(await ask(this.socket, "chat", { chat, ...(reply && { reply }) })).message;
  }

  /** Reacts with `{emoji}` or `{gif}`, or takes it back with `on` false. */
  react(message, kind) {
    return this.#json("POST", `/messages/${message}/reactions`, kind);
  }

  /** Changes what it said. */
  rewrite(message, chat) {
    return this.#json("PATCH", `/messages/${message}`, { chat });
  }

  async sendGif(alt, look) {
    const { status, body } = await this.visitor.sendGif(this.room, { bytes: gif(look), alt });
    return must({ ok: status === 201, message: body }).message;
  }

  async whisper(to, chat) {
    must(await ask(this.socket, "whisper", { to, chat }));
  }

  async whisperGif(to, alt, look) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ to, alt, gif: new Blob([gif(look)], { type: "image/gif" }) }))
      form.append(name, value);
    const answer = await this.visitor.fetch(`/room/${this.room}/whisper/gif`, {
      method: "POST",
      body: form,
      headers: { accept: "application/json" },
    });
    must({ ok: answer.status === 201, status: answer.status });
  }

  /** What an owner does. */
  moderate(action, fields) {
    return this.#json("POST", "/moderate", { action, ...fields });
  }

  edit(fields) {
    return this.#json("PATCH", "", fields);
  }

  report(message, reason) {
    return this.#json("POST", "/reports", { message, reason });
  }

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

function must(answer) {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}
