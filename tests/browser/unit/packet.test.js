import assert from "node:assert/strict";
import { test } from "node:test";
import { PONG, decode, encodeConnect, encodeEvent } from "../../../public/js/lib/packet.js";
import { newNonce } from "../../../public/js/lib/nonce.js";

test("packets of the engine are read", () => {
  assert.deepEqual(decode('0{"sid":"x","pingInterval":25000}'), {
    kind: "open",
    data: { sid: "x", pingInterval: 25000 },
  });
  assert.deepEqual(
    [decode("1"), decode("2"), decode("3"), decode("6")].map((packet) => packet?.kind),
    ["close", "ping", "pong", "noop"],
  );
  assert.equal(PONG, "3");
});

test("packets of a namespace are read with their id and data", () => {
  assert.deepEqual(decode('40/chat,{"sid":"y"}'), { kind: "connect", namespace: "/chat", data: { sid: "y" } });
  assert.deepEqual(decode('42["a",1]'), { kind: "event", namespace: "/", data: ["a", 1] });
  assert.deepEqual(decode('42/chat,["chat",{"chat":"a,b/c"}]'), {
    kind: "event",
    namespace: "/chat",
    data: ["chat", { chat: "a,b/c" }],
  });
  assert.deepEqual(decode('43/chat,12[{"ok":true}]'), {
    kind: "ack",
    namespace: "/chat",
    id: 12,
    data: [{ ok: true }],
  });
  assert.deepEqual(decode("41/chat,"), { kind: "disconnect", namespace: "/chat" });
  assert.deepEqual(decode('44/chat,{"message":"no"}'), {
    kind: "refused",
    namespace: "/chat",
    data: { message: "no" },
  });
});

test("what cannot be understood is nothing", () => {
  for (const frame of [
    "",
    "9",
    "4",
    "49",
    "42{",
    '42{"a":1}',
    '43/chat,1{"a":1}',
    "0{",
    "451-[]",
    new ArrayBuffer(2),
    null,
    undefined,
  ]) {
    assert.equal(decode(frame), null, String(frame));
  }
});

test("what is written is what the protocol says", () => {
  assert.equal(encodeConnect("/chat"), "40/chat,");
  assert.equal(encodeConnect("/"), "40");
  assert.equal(encodeEvent("/chat", ["join", "id"], 7), '42/chat,7["join","id"]');
  assert.equal(encodeEvent("/", ["typing"]), '42["typing"]');
  const line = { chat: 'a "quoted"\n👋' };
  assert.deepEqual(decode(encodeEvent("/chat", ["chat", line], 1)), {
    kind: "event",
    namespace: "/chat",
    id: 1,
    data: ["chat", line],
  });
});

test("nonces are visible ASCII, at most 64 long, and never the same", () => {
  const nonces = new Set(Array.from({ length: 1000 }, newNonce));
  assert.equal(nonces.size, 1000);
  for (const nonce of nonces) assert.match(nonce, /^[A-Za-z0-9_-]{16,64}$/);
});
