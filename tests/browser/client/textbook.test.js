// A client written for the textbook's GIF chat: no acknowledgements, no nonces, forms over HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { firstGroup } from "../support/first-group.js";
import { gif } from "../support/gif.js";
import { Server } from "../support/server.js";
import { Visitor, WAYS, connected, next } from "../support/visitor.js";

/** @type {Server} */
let server;
/** @type {Visitor[]} */
const visitors = [];
before(async () => {
  server = await Server.start(["--room-grace", "1s", "--seat-grace", "500ms"]);
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

/**
 * Sends a form as the textbook's pages do, and gives the address it leads to.
 * @param {Visitor} visitor
 * @param {string} path
 * @param {Record<string, string>} fields
 */
async function sendForm(visitor, path, fields) {
  const response = await visitor.fetch(path, {
    method: "POST",
    headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
  assert.equal(response.status, 303);
  const location = response.headers.get("location");
  assert.ok(location);
  return location;
}

for (const [way, transport] of Object.entries(WAYS)) {
  describe(`the textbook's flow over ${way}`, () => {
    test("a room is made, two talk in text and GIFs, everybody leaves and the room is gone", async () => {
      const [ann, bea] = [await arrive(), await arrive()];
      const main = bea.socket("/room", transport);
      await connected(main);

      const path = await sendForm(ann, "/room", { title: "textbook", max: "10", password: "" });
      const id = firstGroup(/^\/room\/([\w-]+)$/, path);
      assert.equal((await next(main, "newRoom", ({ _id }) => _id === id)).title, "textbook");

      const a = ann.socket("/chat", transport);
      a.emit("join", id);
      await next(main, "updateRoom", ({ _id, count }) => _id === id && count === 1);
      const b = bea.socket("/chat", transport);
      b.emit("join", id);
      const came = await next(a, "join");
      assert.equal(came.user, "system");
      assert.match(came.chat, /^#[0-9a-f]{6}님이 입장하셨습니다\.$/);

      const said = await ann.fetch(`/room/${id}/chat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ chat: "안녕하세요" }),
      });
      assert.deepEqual([said.status, await said.text()], [200, "ok"]);
      for (const socket of [a, b]) {
        const { chat, user } = await next(socket, "chat");
        assert.deepEqual([chat, user], ["안녕하세요", (await ann.json("GET", `/room/${id}`)).body.owner]);
      }

      const sent = await bea.sendGif(id, { bytes: gif(), accept: "*/*" });
      assert.deepEqual([sent.status, sent.body], [200, "ok"]);
      const picture = await next(a, "chat");
      assert.equal((await ann.fetch(`/gif/${picture.gif}`)).headers.get("content-type"), "image/gif");

      b.disconnect();
      const left = await next(a, "exit");
      assert.equal(left.chat, `${came.color}님이 퇴장하셨습니다.`);
      a.disconnect();
      await next(main, "removeRoom", (gone) => gone === id);
      assert.equal((await ann.fetch(path)).status, 404);
      assert.equal((await ann.fetch(`/gif/${picture.gif}`)).status, 404);
      main.disconnect();
    });
  });
}

test("a locked room opens by the password form", async () => {
  const [ann, bea] = [await arrive(), await arrive()];
  const path = await sendForm(ann, "/room", { title: "locked", max: "2", password: "열려라 참깨" });
  assert.equal((await bea.fetch(path)).status, 403);
  const before = bea.cookie;
  assert.equal(await sendForm(bea, `${path}/enter`, { password: "열려라 참깨" }), path);
  assert.notEqual(bea.cookie, before, "the session got a new name");
  assert.equal((await bea.fetch(path)).status, 200);
  const socket = await bea.enter(firstGroup(/([\w-]+)$/, path));
  assert.equal(socket.joined.ok, true);
});
