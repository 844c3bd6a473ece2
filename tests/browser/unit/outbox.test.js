import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../public/js/models/outbox.js";
import { SlowMode } from "../../../public/js/models/slow-mode.js";
import { Clock, settled } from "../support/clock.js";

/** @typedef {Deferred & { item: OutboxItem, nonce: string, chat: string | undefined }} Send */

/** An outbox whose sends are answered by the test. */
function setUp(options = {}) {
  const clock = new Clock();
  /** @type {Send[]} */
  const sends = [];
  /** @type {string[]} */
  const states = [];
  let nonces = 0;
  const slowMode = new SlowMode({ changed() {}, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  const outbox = new Outbox({
    send: (item) =>
      new Promise((resolve, reject) =>
        sends.push({ item, nonce: item.nonce, chat: item.content.chat, resolve, reject }),
      ),
    changed: ({ content: { chat }, state }) => states.push(`${chat} ${state}`),
    newNonce: () => `n${++nonces}`,
    slowMode,
    wait: clock.wait,
    ...options,
  });
  return { clock, sends, states, outbox, slowMode };
}

/** @type {(sends: Send[]) => string[]} */
const sent = (sends) => sends.map(({ nonce, chat }) => `${nonce} ${chat}`);

test("what is written waits until there is a line, then goes one after another in its order", async () => {
  const { sends, outbox } = setUp();
  for (const chat of ["a", "b", "c"]) outbox.add({ chat });
  await settled();
  assert.equal(sends.length, 0);
  outbox.start();
  for (const [n, all] of /** @type {const} */ ([
    [0, ["n1 a"]],
    [1, ["n1 a", "n2 b"]],
    [2, ["n1 a", "n2 b", "n3 c"]],
  ])) {
    assert.deepEqual(sent(sends), [...all]);
    sends[n].resolve({ ok: true });
    await settled();
  }
  assert.equal(outbox.items.length, 3, "it is kept until its message takes its place");
  for (const nonce of ["n1", "n2", "n3"]) assert.equal(outbox.confirm(nonce), true);
  assert.equal(outbox.confirm("n3"), false);
  assert.deepEqual(outbox.items, []);
});

test("without an answer the same message goes again under the same nonce, before what came later", async () => {
  const { clock, sends, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  outbox.add({ chat: "b" });
  sends[0].reject(new Error("no answer"));
  await clock.pass(1_999);
  assert.equal(sends.length, 1);
  await clock.pass(1);
  assert.deepEqual(sent(sends), ["n1 a", "n1 a"]);
  sends[1].resolve({ ok: true });
  await settled();
  assert.deepEqual(sent(sends), ["n1 a", "n1 a", "n2 b"]);
});

test("when the server can't tell whether it is stored the same message goes again, also past an outage", async () => {
  const { clock, sends, states, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  sends[0].resolve({ ok: false, code: "unknown" });
  await clock.pass(2_000);
  // This says that nothing was accepted now, and nothing of the first try.
  sends[1].resolve({ ok: false, code: "unavailable" });
  await clock.pass(2_000);
  assert.deepEqual([sent(sends), states], [["n1 a", "n1 a", "n1 a"], ["a pending"]]);
  sends[2].resolve({ ok: true });
  await settled();
  assert.equal(outbox.items[0].state, "stored");
});

test("what the server did not accept at all has failed", async () => {
  const { clock, sends, states, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  sends[0].resolve({ ok: false, code: "unavailable" });
  await clock.pass(60_000);
  assert.deepEqual([sends.length, states], [1, ["a pending", "a failed"]]);
});

test("when the line is gone nothing is tried until it is back", async () => {
  const { clock, sends, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  outbox.stop();
  sends[0].reject(new Error("broken"));
  await clock.pass(60_000);
  assert.equal(sends.length, 1);
  outbox.start();
  assert.deepEqual(sent(sends), ["n1 a", "n1 a"]);
});

test("a message that arrives before its answer is not sent again", async () => {
  const { clock, sends, states, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  assert.equal(outbox.confirm("n1"), true);
  sends[0].reject(new Error("no answer"));
  await clock.pass(60_000);
  assert.equal(sends.length, 1);
  assert.deepEqual(states, ["a pending", "a sent"]);
});

test("a refused message fails, holds nobody up, and can be sent again or deleted", async () => {
  const { sends, states, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "bad" });
  outbox.add({ chat: "good" });
  const why = { ok: false, code: "invalid", message: "no" };
  sends[0].resolve(why);
  await settled();
  assert.deepEqual(sent(sends), ["n1 bad", "n2 good"]);
  assert.deepEqual(outbox.items[0].why, why);
  sends[1].resolve({ ok: true });
  await settled();
  outbox.retry("n2");
  outbox.retry("n1");
  assert.deepEqual(sent(sends).at(-1), "n1 bad");
  sends[2].resolve(why);
  await settled();
  outbox.remove("n1");
  outbox.remove("n1");
  assert.deepEqual(states, ["bad pending", "good pending", "bad failed", "bad pending", "bad failed", "bad removed"]);
  assert.deepEqual(
    outbox.items.map(({ nonce }) => nonce),
    ["n2"],
  );
});

test("what an earlier life of the page left goes first, under its old nonces", async () => {
  const saved = [
    { nonce: "old1", content: { chat: "x" }, at: 1 },
    { nonce: "old2", content: { chat: "y" }, at: 2 },
  ];
  const { sends, outbox } = setUp({ saved });
  outbox.add({ chat: "z" });
  outbox.start();
  for (let n = 0; n < 3; n += 1) {
    sends[n].resolve({ ok: true });
    await settled();
  }
  assert.deepEqual(sent(sends), ["old1 x", "old2 y", "n1 z"]);
});

test("a full outbox takes nothing more", () => {
  const { outbox } = setUp({ limit: 2 });
  assert.ok(outbox.add({ chat: "a" }));
  assert.ok(outbox.add({ chat: "b" }));
  assert.equal(outbox.add({ chat: "c" }), null);
  assert.equal(outbox.full, true);
  outbox.remove("n1");
  assert.ok(outbox.add({ chat: "c" }));
});

test("what comes too early waits for its turn and goes by itself, before what came later", async () => {
  const { clock, sends, states, outbox } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  outbox.add({ chat: "b" });
  sends[0].resolve({ ok: false, code: "slow_mode", retryAfter: 10 });
  await clock.pass(9_999);
  assert.deepEqual(sent(sends), ["n1 a"]);
  await clock.pass(1);
  assert.deepEqual(sent(sends), ["n1 a", "n1 a"]);
  assert.deepEqual(states, ["a pending", "b pending"]);
});

test("it goes at once when the pause ends before its time, and what was deleted meanwhile does not", async () => {
  const { clock, sends, outbox, slowMode } = setUp();
  outbox.start();
  outbox.add({ chat: "a" });
  outbox.add({ chat: "b" });
  sends[0].resolve({ ok: false, code: "slow_mode", retryAfter: 3_600 });
  await clock.pass(5_000);
  outbox.remove("n1");
  slowMode.free();
  await settled();
  assert.deepEqual(sent(sends), ["n1 a", "n2 b"]);
  assert.deepEqual(clock.due, [], "and nothing is left of the pause");
});

test("what has failed is kept as failed, and is not sent by a later life of the page without being asked for", async () => {
  const first = setUp();
  first.outbox.start();
  first.outbox.add({ chat: "bad" });
  first.outbox.add({ chat: "on its way" });
  const why = { ok: false, code: "invalid", message: "no" };
  first.sends[0].resolve(why);
  await settled();
  const { sends, outbox } = setUp({ saved: JSON.parse(JSON.stringify(first.outbox.unsent)) });
  outbox.start();
  assert.deepEqual(sent(sends), ["n2 on its way"]);
  assert.deepEqual([outbox.items[0].state, outbox.items[0].why], ["failed", why]);
  outbox.retry("n1");
  sends[0].resolve({ ok: true });
  await settled();
  assert.deepEqual(sent(sends), ["n2 on its way", "n1 bad"]);
});

test("what can't be sent any more is not kept", () => {
  const { outbox } = setUp({
    changed: (/** @type {OutboxItem} */ { state }) => {
      if (state === "failed") left.push(outbox.unsent);
    },
  });
  /** @type {unknown[]} */
  const left = [];
  outbox.add({ chat: "a" });
  outbox.add({ chat: "b" });
  outbox.end({ code: "kicked" });
  assert.deepEqual(left, [[], []]);
});
