// Who one is, over HTTP and on every way a socket connects; and whose pages may connect at all.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { firstGroup } from "../support/first-group.js";
import { Server } from "../support/server.js";
import { Visitor, WAYS, connected } from "../support/visitor.js";

/** @type {Server} */
let server;
/** @type {Visitor[]} */
const visitors = [];
before(async () => {
  server = await Server.start();
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

test("one visitor is the same on pages, in acknowledgements and on each transport", async () => {
  const visitor = await arrive();
  const room = await visitor.makeRoom();
  const page = await visitor.page(`/room/${room._id}`);
  const id = firstGroup(/data-me="([^"]+)"/, page);
  const color = firstGroup(/data-color="([^"]+)"/, page);
  assert.equal(color, room.owner);
  assert.ok(!visitor.cookie.includes(id), "the id is not the session's");
  for (const way of Object.values(WAYS)) {
    const socket = await visitor.enter(room._id, way);
    assert.equal(socket.joined.you.id, id);
    assert.equal(socket.joined.you.color, color);
    await connected(visitor.socket("/room", way));
  }
  assert.equal((await visitor.json("GET", `/room/${room._id}`)).body.count, 1, "three sockets, one seat");
});

test("the upgrade to websocket keeps the visitor", async () => {
  const visitor = await arrive();
  const room = await visitor.makeRoom();
  const socket = visitor.socket("/chat", WAYS["polling with upgrade"]);
  await new Promise((resolve) => {
    socket.once("connect", () => {
      if (socket.io.engine.transport.name === "websocket") resolve(undefined);
      else socket.io.engine.once("upgrade", resolve);
    });
  });
  const { you } = await socket.timeout(10_000).emitWithAck("join", room._id);
  assert.equal(you.color, room.owner);
});

test("the cookie is HttpOnly, SameSite=Lax and for the whole site", async () => {
  const response = await fetch(server.url);
  const [cookie] = response.headers.getSetCookie();
  for (const part of [/HttpOnly/i, /SameSite=Lax/i, /Path=\/(;|$)/i]) assert.match(cookie, part);
});

describe("a socket of a foreign page is refused", () => {
  for (const origin of ["http://evil.example", "null"]) {
    test(`origin ${origin} on polling`, async () => {
      const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
      assert.equal(response.status, 403);
      const socket = new Visitor(server.url).socket("/chat", WAYS["polling only"], { headers: { origin } });
      await assert.rejects(connected(socket));
      socket.disconnect();
    });

    test(`origin ${origin} on websocket`, async () => {
      const socket = new Visitor(server.url).socket("/chat", WAYS.websocket, { headers: { origin } });
      await assert.rejects(connected(socket), (/** @type {any} */ error) =>
        /403/.test(error.description?.message ?? error.message),
      );
      socket.disconnect();
    });
  }

  test("its own pages may connect", async () => {
    for (const way of Object.values(WAYS)) {
      const visitor = new Visitor(server.url);
      await connected(visitor.socket("/chat", way, { headers: { origin: server.url } }));
      visitor.end();
    }
  });
});
