// Who comes into a room and goes in the namespace /chat, by the official client.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TAKEN, arrive, fence, pair, useServer } from "../support/clients.js";
import { assertLine } from "../support/lines.js";
import { WAYS, ask, connected, heard, next } from "../support/visitor.js";

useServer();

const KOREAN = { "accept-language": "ko" };

for (const [way, transport] of Object.entries(WAYS)) {
  describe(`joining /chat over ${way}`, () => {
    test("join is answered with me, the room, its members and its last message", async () => {
      const { ann, bea, a, b, room, id } = await pair(transport, { title: "two", max: 2 });
      const [me, you] = [a.joined.you, b.joined.you];
      for (const visitor of [me, you]) {
        assert.deepEqual(Object.keys(visitor).sort(), ["color", "hue", "id", "name"]);
        assert.match(visitor.color, /^#[0-9a-f]{6}$/);
        assert.ok(visitor.hue === null || (Number.isInteger(visitor.hue) && visitor.hue >= 0 && visitor.hue <= 35));
      }
      assert.notEqual(me.id, you.id);
      assert.equal(me.color, room.owner);
      const { epoch } = a.joined;
      assert.match(epoch, /^[0-9a-f]{16}$/);
      assert.deepEqual(a.joined, {
        ok: true,
        you: me,
        room: { ...room, count: 1 },
        members: [me],
        away: [],
        seq: 1,
        epoch,
        reactions: 0,
      });
      assert.deepEqual(b.joined, {
        ok: true,
        you,
        room: { ...room, count: 2 },
        members: [me, you],
        away: [],
        seq: 2,
        epoch,
        reactions: 0,
      });

      await ask(a, "chat", { chat: "one" });
      const tab = await bea.enter(id, transport);
      assert.deepEqual(tab.joined, { ...b.joined, seq: 3 }, "a second tab takes no second seat and no place");

      const late = (await arrive(KOREAN)).socket("/chat", transport);
      assert.deepEqual(await ask(late, "join", id), {
        ok: false,
        code: "room_full",
        message: "허용 인원을 초과했어요.",
      });
      assert.equal((await ann.json("GET", `/room/${id}`)).body.count, 2);
    });

    test("a join without an acknowledgement works, also when it is sent right after connecting", async () => {
      const { a, id } = await pair(transport);
      const visitor = await arrive();
      const socket = visitor.socket("/chat", transport);
      socket.emit("join", id);
      socket.emit("chat", { chat: "first words" });
      const message = await next(socket, "chat");
      assert.equal(message.chat, "first words");
      const line = await next(a, "join");
      assert.equal(line.visitor, message.visitor);
      assert.deepEqual(heard(socket, "join"), [], "one is not told of one's own coming");
    });

    test("who comes and goes is told to the others, in Korean, by lines that take places", async () => {
      const { ann, bea, a, b, id } = await pair(transport);
      const late = await (await arrive()).enter(id, transport);
      const visitor = late.joined.you;
      const [came, went] = [
        { room: id, seq: 3, visitor, count: 3 },
        { room: id, seq: 4, visitor, count: 2 },
      ];
      for (const socket of [a, b]) assertLine(await next(socket, "join"), "joined", came);
      assert.deepEqual(await ask(late, "leave"), { ok: true });
      for (const socket of [a, b]) assertLine(await next(socket, "exit"), "left", went);
      await fence(a, a, b);
      assert.deepEqual([heard(late, "join"), heard(late, "exit"), heard(late, "chat")], [[], [], []]);
      assert.equal((await ask(late, "chat", { chat: "outside" })).code, "not_a_member");

      const tab = await bea.enter(id, transport);
      b.emit("leave");
      await fence(tab, a, tab);
      assert.deepEqual(heard(a, "exit"), [], "one tab of two was closed");
      assert.deepEqual(heard(a, "join"), []);
      tab.disconnect();
      const last = { room: id, seq: 7, visitor: b.joined.you, count: 1 };
      assertLine(await next(a, "exit"), "left", last);
      const { body } = await ann.json("GET", `/room/${id}/messages?after=${TAKEN}`);
      assert.deepEqual(
        body.data.map((/** @type {Row} */ { seq, line }) => [seq, line]),
        [
          [3, "joined"],
          [4, "left"],
          [5, undefined],
          [6, undefined],
          [7, "left"],
        ],
      );
    });

    test("a connection that breaks gives its seat up after the grace, and not when it comes back in time", async () => {
      const { bea, a, b, id } = await pair(transport);
      b.io.engine.close();
      const back = await bea.enter(id, transport);
      assert.equal(back.joined.room.count, 2);
      await fence(back, a, back);
      assert.deepEqual([heard(a, "join"), heard(a, "exit")], [[], []], "a short break leaves no line");
      assert.equal(back.joined.seq, TAKEN);
      back.io.engine.close();
      const last = { room: id, seq: TAKEN + 2, visitor: back.joined.you, count: 1 };
      assertLine(await next(a, "exit"), "left", last);
    });

    test("changes and the end of the room are told to who is in it", async () => {
      const { ann, bea, a, b, room, id } = await pair(transport);
      assert.equal((await bea.json("PATCH", `/room/${id}`, { title: "mine" })).body.code, "not_the_owner");
      const { body } = await ann.json("PATCH", `/room/${id}`, { title: "새 제목", max: 4 });
      assert.deepEqual(body, { ...room, title: "새 제목", max: 4, count: 2 });
      assert.deepEqual(await next(a, "updateRoom"), body);
      assert.deepEqual(await next(b, "updateRoom"), body);
      assert.equal((await ann.json("DELETE", `/room/${id}`)).status, 200);
      assert.equal(await next(a, "removeRoom"), id);
      assert.equal(await next(b, "removeRoom"), id);
      assert.match((await ask(b, "chat", { chat: "anyone?" })).code, /^(room_not_found|not_a_member)$/);
      assert.equal((await ask(b, "join", id)).code, "room_not_found");
    });

    test("joining another room leaves the one before", async () => {
      const { bea, a, b, id } = await pair(transport);
      const other = await bea.makeRoom();
      assert.equal((await ask(b, "join", "0".repeat(32))).ok, false);
      assert.equal((await ask(b, "chat", { chat: "a refused join costs nothing" })).message.room, id);
      assert.equal((await ask(b, "join", other._id)).ok, true);
      assertLine(await next(a, "exit"), "left", { room: id, seq: TAKEN + 2, visitor: b.joined.you, count: 1 });
      const { message } = await ask(b, "chat", { chat: "here now" });
      assert.deepEqual([message.room, message.seq], [other._id, 2], "behind the line about the coming");
    });
  });
}

test("both namespaces share one connection", async () => {
  const visitor = await arrive();
  const room = await visitor.makeRoom();
  const chat = visitor.socket("/chat", WAYS.websocket);
  const list = chat.io.socket("/room");
  const told = new Promise((resolve) => {
    list.once("updateRoom", resolve);
  });
  list.connect();
  await Promise.all([connected(chat), connected(list)]);
  assert.equal((await ask(chat, "join", room._id)).ok, true);
  assert.equal((await told).count, 1);
});
