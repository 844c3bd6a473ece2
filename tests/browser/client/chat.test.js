// Messages in the namespace /chat, by the official client.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TAKEN, arrive, fence, pair, useServer } from "../support/clients.js";
import { gif, sea } from "../support/gif.js";
import { assertLine } from "../support/lines.js";
import { WAYS, ask, heard, next } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useServer();

const KOREAN = { "accept-language": "ko" };

for (const [way, transport] of Object.entries(WAYS)) {
  describe(`/chat over ${way}`, () => {
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
  });
}
