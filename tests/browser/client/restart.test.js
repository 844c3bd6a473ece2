// The server is restarted under connected clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertLine } from "../support/lines.js";
import { Server } from "../support/server.js";
import { Visitor, WAYS, ask, connected, next } from "../support/visitor.js";

/** @type {Server} */
let server;
/** @type {Visitor[]} */
const visitors = [];
before(async () => {
  server = await Server.start(["--restart-within", "1500ms"]);
});
after(() => {
  for (const visitor of visitors) visitor.end();
  return server.end();
});

async function arrive() {
  const visitor = await Visitor.arrive(server);
  visitors.push(visitor);
  return visitor;
}

test("official clients are told of a restart, come back by themselves and find everything", async () => {
  const back = { reconnection: true, reconnectionDelay: 200, reconnectionDelayMax: 500 };
  const clients = [];
  const owner = await arrive();
  const { _id: id } = await owner.makeRoom({ password: "swordfish" });
  for (const way of Object.values(WAYS)) {
    const visitor = await arrive();
    await visitor.json("POST", `/room/${id}/enter`, { password: "swordfish" });
    const socket = await visitor.enter(id, way, back);
    const list = visitor.socket("/room", way, back);
    await connected(list);
    clients.push({ visitor, socket, list });
  }
  // Each one's coming took a place.
  const before = clients.length + 1;
  const said = await ask(clients[0].socket, "chat", { chat: "before", nonce: "n" });
  assert.equal(said.message.seq, before);
  for (const { socket, visitor } of clients) {
    await next(socket, "chat");
    // Who polls hears nothing between two polls. Answers to later requests show that the next poll has arrived.
    for (let n = 0; n < 3; n += 1) await visitor.json("GET", "/rooms");
  }

  const again = clients
    .flatMap(({ socket, list }) => [socket, list])
    .map(
      (socket) =>
        new Promise((resolve) => {
          socket.once("disconnect", () => socket.once("connect", () => resolve(undefined)));
        }),
    );
  await server.stop();
  await server.start();
  for (const { socket, list } of clients) {
    for (const one of [socket, list]) assert.deepEqual(await next(one, "restart"), { within: 1500 });
  }
  await Promise.all(again);

  for (const { socket } of clients) {
    const joined = await ask(socket, "join", id);
    assert.deepEqual(joined.you, socket.joined.you, "the session, and the grant in it, survived");
    assert.equal(joined.seq, before, "coming back to a seat leaves no line");
  }
  const [{ visitor, socket, list }] = clients;
  const { message } = await ask(socket, "chat", { chat: "before", nonce: "n" });
  assert.deepEqual(message, said.message, "the nonce survived");
  assert.equal((await ask(socket, "chat", { chat: "after" })).message.seq, before + 1);
  for (const client of clients)
    assert.equal((await next(client.socket, "chat", ({ seq }) => seq === before + 1)).chat, "after");
  const { body } = await visitor.json("GET", `/room/${id}/messages`);
  for (const [
    at,
    {
      socket: { joined },
    },
  ] of clients.entries()) {
    assertLine(body.data[at], "joined", { room: id, seq: at + 1, visitor: joined.you, count: at + 1 });
  }
  assert.deepEqual(
    body.data.slice(clients.length).map((/** @type {Message} */ { chat }) => chat),
    ["before", "after"],
  );
  const room = await owner.makeRoom({ title: "new" });
  await next(list, "newRoom", ({ _id }) => _id === room._id);
});
