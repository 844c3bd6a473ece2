// The namespace /chat, by the official client.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { gif, sea } from "../support/gif.js";
import { assertLine } from "../support/lines.js";
import { Server } from "../support/server.js";
import { Visitor, WAYS, ask, connected, heard, next } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

/** @type {Server} */
let server;
/** @type {Visitor[]} */
let visitors = [];

const KOREAN = { "accept-language": "ko" };

/** @param {Record<string, string>} [headers] */
async function arrive(headers) {
  const visitor = await Visitor.arrive(server, headers);
  visitors.push(visitor);
  return visitor;
}

/** The places that the lines about the coming of the two have in a new room. */
const TAKEN = 2;

/**
 * Two visitors with a socket each in a new room; the line about the second one's coming is already heard.
 * @param {object} way
 * @param {object} [fields]
 */
async function pair(way, fields) {
  const [ann, bea] = [await arrive(), await arrive()];
  const room = await ann.makeRoom(fields);
  const a = await ann.enter(room._id, way);
  const b = await bea.enter(room._id, way);
  assertLine(await next(a, "join"), "joined", { room: room._id, seq: TAKEN, visitor: b.joined.you, count: 2 });
  return { ann, bea, a, b, room, id: room._id };
}

/**
 * What is sent after something shows that the something did not come.
 * @param {TestSocket} from
 * @param {TestSocket[]} sockets
 */
async function fence(from, ...sockets) {
  const chat = `fence ${Math.random()}`;
  from.emit("chat", { chat });
  for (const socket of sockets) await next(socket, "chat", (message) => message.chat === chat);
}

before(async () => {
  server = await Server.start(["--seat-grace", "500ms", "--room-grace", "1s"]);
});
after(() => server.end());
afterEach(() => {
  for (const visitor of visitors) visitor.end();
  visitors = [];
});

for (const [way, transport] of Object.entries(WAYS)) {
  describe(`/chat over ${way}`, () => {
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

    test("a message is told to the whole room and acknowledged once it is stored", async () => {
      const { ann, a, b, id } = await pair(transport);
      const sent = Date.now();
      const ack = await ask(a, "chat", { chat: "  hello 👋 <b>\n다음 줄  ", nonce: "n-1" });
      assert.deepEqual(Object.keys(ack).sort(), ["message", "ok"]);
      const { message } = ack;
      const { _id, createdAt, ...rest } = message;
      const { you } = a.joined;
      assert.deepEqual(rest, {
        room: id,
        seq: TAKEN + 1,
        user: you.color,
        hue: you.hue,
        name: you.name,
        visitor: you.id,
        chat: "hello 👋 <b>\n다음 줄",
        nonce: "n-1",
      });
      assert.match(_id, /^[\w-]{16,}$/);
      assert.ok(Math.abs(new Date(createdAt).getTime() - sent) < 60_000 && createdAt.endsWith("Z"));
      assert.deepEqual(await next(a, "chat"), message);
      assert.deepEqual(await next(b, "chat"), message);
      const { body } = await ann.json("GET", `/room/${id}/messages`);
      const [came, followed, ...behind] = body.data;
      assertLine(came, "joined", { room: id, seq: 1, visitor: you, count: 1 });
      assertLine(followed, "joined", { room: id, seq: 2, visitor: b.joined.you, count: 2 });
      assert.deepEqual(behind, [message]);

      b.emit("chat", { chat: "no ack" });
      const second = await next(a, "chat");
      assert.deepEqual([second.seq, second.chat, "nonce" in second], [TAKEN + 2, "no ack", false]);
    });

    test("the same nonce again is the same message, over sockets and HTTP alike", async () => {
      const { ann, bea, a, b, id } = await pair(transport);
      const first = await ask(a, "chat", { chat: "once", nonce: "same" });
      const again = await ask(a, "chat", { chat: "once", nonce: "same" });
      const posted = await ann.json("POST", `/room/${id}/chat`, { chat: "once", nonce: "same" });
      assert.deepEqual(again, first);
      assert.deepEqual(posted.body, first.message);
      const hers = await bea.json("POST", `/room/${id}/chat`, { chat: "mine", nonce: "same" });
      assert.equal(hers.body.seq, TAKEN + 2, "another visitor's nonce is another message");
      await fence(a, a, b);
      assert.deepEqual(
        heard(b, "chat").map(({ chat }) => chat),
        ["once", "mine"],
      );
    });

    test("a GIF is told with its size, frames and time, and served as it was sent", async () => {
      const { ann, bea, a, b, id } = await pair(transport);
      const bytes = gif({ width: 64, height: 40, frames: 5, delay: 12, paint: sea });
      const { status, body } = await ann.sendGif(id, { bytes, alt: "a sea", nonce: "g-1" });
      assert.equal(status, 201);
      const told = await next(b, "chat");
      assert.deepEqual(told, body);
      assert.deepEqual(await next(a, "chat"), body);
      const { you } = a.joined;
      const { _id, createdAt, gif: name, ...rest } = told;
      assert.deepEqual(rest, {
        room: id,
        seq: TAKEN + 1,
        user: you.color,
        hue: you.hue,
        name: you.name,
        visitor: you.id,
        width: 64,
        height: 40,
        frames: 5,
        duration: 600,
        bytes: bytes.length,
        alt: "a sea",
        nonce: "g-1",
      });
      assert.ok(_id && createdAt);
      const file = await bea.fetch(`/gif/${name}`);
      assert.equal(file.headers.get("content-type"), "image/gif");
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), bytes);
      assert.equal((await bea.fetch(`/gif/${name}/still`)).status, 200);
    });

    test("what is refused says why in the acknowledgement, or by an exception when none was asked for", async () => {
      const visitor = await arrive();
      const korean = await arrive(KOREAN);
      const [open, locked] = [await visitor.makeRoom(), await korean.makeRoom({ password: "swordfish" })];
      const [socket, said] = [visitor.socket("/chat", transport), korean.socket("/chat", transport)];
      const outside = { code: "not_a_member", message: "Join the room first." };
      assert.deepEqual(await ask(socket, "chat", { chat: "hi" }), { ok: false, ...outside });
      socket.emit("chat", { chat: "hi" });
      assert.deepEqual(await next(socket, "exception"), outside);
      said.emit("chat", { chat: "hi" });
      assert.deepEqual(await next(said, "exception"), { code: "not_a_member", message: "먼저 방에 입장하세요." });

      const nowhere = { code: "room_not_found", message: "This room does not exist." };
      for (const id of ["0".repeat(32), "nonsense"])
        assert.deepEqual(await ask(socket, "join", id), { ok: false, ...nowhere });
      socket.emit("join", "0".repeat(32));
      assert.deepEqual(await next(socket, "exception"), nowhere);
      const shut = await ask(socket, "join", locked._id);
      assert.deepEqual([shut.ok, shut.code], [false, "wrong_password"]);
      for (const wrong of [undefined, null, "", 7, {}, [open._id]]) {
        const { ok, code, message } = await ask(socket, "join", wrong);
        assert.deepEqual([ok, code], [false, "invalid"], `join ${JSON.stringify(wrong)}`);
        assert.notEqual(message, "");
      }

      const { ok, seq } = await ask(socket, "join", open._id);
      assert.deepEqual([ok, seq], [true, 1], "what was refused took no seat");
      const limit = await ask(socket, "chat", { chat: "x".repeat(1001) });
      assert.deepEqual([limit.ok, limit.code], [false, "invalid"]);
      assert.match(limit.message, /1,?000.*1,?001/);
      for (const wrong of [
        undefined,
        null,
        7,
        [],
        {},
        { chat: "" },
        { chat: " \n " },
        { chat: 7 },
        { chat: "a\0b" },
        { chat: "x", nonce: "" },
        { chat: "x", nonce: 5 },
        { chat: "x", nonce: "two words" },
        { chat: "x", nonce: "n".repeat(65) },
      ]) {
        const { ok, code, message } = await ask(socket, "chat", wrong);
        assert.deepEqual([ok, code], [false, "invalid"], `chat ${JSON.stringify(wrong)}`);
        assert.notEqual(message, "");
      }
      socket.emit("chat", {});
      assert.equal((await next(socket, "exception")).code, "invalid");
      assert.equal((await ask(socket, "no such event")).code, "invalid");
      assert.equal((await ask(socket, "chat", { chat: "still here" })).message.seq, 2, "nothing refused was stored");
    });

    test("typing is told to the others only and is not stored", async () => {
      const { ann, a, b, id } = await pair(transport);
      a.emit("typing");
      assert.deepEqual(await next(b, "typing"), a.joined.you);
      await fence(a, a, b);
      assert.deepEqual(heard(a, "typing"), []);
      const { body } = await ann.json("GET", `/room/${id}/messages`);
      assert.deepEqual(
        body.data.map((/** @type {Row} */ { line }) => line),
        ["joined", "joined", undefined],
        "and the fence alone",
      );
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

    test("200 rapid messages arrive in their order, each once", async () => {
      const { a, b } = await pair(transport);
      const texts = Array.from({ length: 200 }, (_, n) => `message ${n + 1}`);
      for (const chat of texts) a.emit("chat", { chat });
      for (const socket of [a, b]) {
        await eventually(() => {
          assert.deepEqual(heard(socket, "exception"), []);
          return heard(socket, "chat").length >= 200;
        }, "200 messages");
      }
      await fence(a, a, b);
      for (const socket of [a, b]) {
        assert.deepEqual(
          heard(socket, "chat").map(({ seq, chat }) => [seq, chat]),
          texts.map((chat, n) => [TAKEN + n + 1, chat]),
        );
      }
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
