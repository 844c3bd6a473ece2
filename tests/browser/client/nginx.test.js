// Three servers on one database behind nginx as it is deployed, by the official client.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import { firstGroup } from "../support/first-group.js";
import { gif } from "../support/gif.js";
import { Mongod } from "../support/mongod.js";
import { Nginx } from "../support/nginx.js";
import { Server } from "../support/server.js";
import { Visitor, WAYS, ask, next } from "../support/visitor.js";

/** @type {Mongod | undefined} */
let mongod;
/** @type {Server[]} */
const servers = [];
/** @type {Nginx} */
let nginx;
/** @type {Visitor[]} */
let visitors = [];

async function arrive() {
  const visitor = await Visitor.arrive(nginx);
  visitors.push(visitor);
  return visitor;
}

/** @type {(route: string) => number[]} How many requests of a route each server has seen. */
const seen = (route) => servers.map((server) => server.log.filter((said) => said.route === route).length);

/** @type {(page: string) => string} */
const whoAmI = (page) => firstGroup(/ data-me="([0-9a-f]+)"/, page);

const skip = process.env.MONGOD ? false : "needs MONGOD and nginx";

describe("three servers behind nginx", { skip }, () => {
  before(async () => {
    mongod = await Mongod.start();
    for (let n = 0; n < 3; n += 1) servers.push(await Server.start(["--trusted-proxies", "127.0.0.0/8"], mongod.url));
    nginx = await Nginx.before(servers);
  });

  after(async () => {
    await nginx?.end();
    for (const server of servers) await server.end();
    await mongod?.end();
  });

  afterEach(() => {
    for (const visitor of visitors) visitor.end();
    visitors = [];
  });

  test("a page needs no server of its own, and a session holds on all of them", async () => {
    const visitor = await arrive();
    const [me, before] = [whoAmI(await visitor.page("/")), seen("/")];
    for (let n = 0; n < 9; n += 1) assert.equal(whoAmI(await visitor.page("/")), me);
    const asked = seen("/").map((count, at) => count - before[at]);
    assert.ok(
      asked.every((count) => count > 0),
      `each server was asked: ${asked}`,
    );
    const room = await visitor.makeRoom({ title: "cats", password: "swordfish" });
    const guest = await arrive();
    const { status } = await guest.json("POST", `/room/${room._id}/enter`, { password: "swordfish" });
    assert.equal(status, 200);
    for (let n = 0; n < 6; n += 1) assert.match(await guest.page(`/room/${room._id}`), /id="chat"/);
  });

  for (const [way, transport] of Object.entries(WAYS)) {
    test(`a conversation goes over ${way}`, async () => {
      const people = [await arrive(), await arrive(), await arrive()];
      const room = await people[0].makeRoom({ title: way });
      const sockets = [];
      for (const person of people) sockets.push(await person.enter(room._id, transport));
      for (const [at, socket] of sockets.entries()) {
        assert.ok((await ask(socket, "chat", { chat: `from ${at}` })).ok);
        for (const other of sockets) await next(other, "chat", (message) => message.chat === `from ${at}`);
      }
      const { status, body } = await people[1].sendGif(room._id, { bytes: gif() });
      assert.equal(status, 201, JSON.stringify(body));
      for (const socket of sockets) await next(socket, "chat", (message) => message.gif === body.gif);
      for (let n = 0; n < 3; n += 1) {
        const shown = await people[2].fetch(`/gif/${body.gif}`);
        assert.equal(shown.status, 200);
        assert.equal(
          Buffer.from(await shown.arrayBuffer())
            .subarray(0, 6)
            .toString(),
          "GIF89a",
        );
      }
      if (way !== "websocket") return;
      const opened = seen("/socket.io/").filter((count) => count > 0);
      assert.ok(opened.length > 1, `websockets go to several servers: ${opened}`);
    });
  }

  test("a ban holds against a new cookie from the same address, whatever it claims, and against nobody else", async () => {
    const [owner, banned] = [await arrive(), await arrive()];
    const room = await owner.makeRoom({ title: "bans" });
    /** @param {string} localAddress */
    const from = (localAddress) => ({ agent: new Agent({ localAddress }) });
    const heard = await owner.enter(room._id);
    await banned.enter(room._id, WAYS.websocket, from("127.0.0.9"));
    const { visitor } = await next(heard, "join");
    assert.ok((await ask(heard, "moderate", { action: "ban", visitor })).ok);
    const again = await arrive();
    const lie = { ...from("127.0.0.9"), headers: { "x-forwarded-for": "192.0.2.1" } };
    for (const way of [WAYS.websocket, WAYS["polling only"]]) {
      const refused = await ask(again.socket("/chat", way, lie), "join", room._id);
      assert.equal(refused.code, "banned");
    }
    const other = await arrive();
    const { joined } = await other.enter(room._id, WAYS.websocket, from("127.0.0.10"));
    assert.ok(joined.ok);
  });
});
