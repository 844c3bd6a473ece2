import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "../support/clock.js";
import { message, names, setUp } from "../support/conversation.js";

test("it joins when the line is up, and asks for what it missed", async () => {
  const stored = Array.from({ length: 215 }, (_, n) => message(n + 1));
  const { shown, asked, requests, conversation, hear, told } = setUp({ last: 20, stored });
  hear("connect");
  assert.deepEqual([requests[0].event, requests[0].data], ["join", "r"]);
  requests[0].resolve({ ok: true, seq: 215, members: [] });
  await settled();
  assert.equal(conversation.joined, true);
  assert.deepEqual(
    shown,
    Array.from({ length: 195 }, (_, n) => n + 21),
  );
  assert.equal(asked.length, 2, "in pages");
  hear("disconnect");
  assert.deepEqual([conversation.joined, names(told)], [false, ["joined", "left"]]);
});

test("what the room does not keep any more is not waited for", async () => {
  const { shown, asked, requests, server, stored, hear } = setUp({ last: 5, stored: [98, 99, 100].map(message) });
  server.first = 98;
  hear("connect");
  requests[0].resolve({ ok: true, seq: 100, members: [] });
  await settled();
  assert.deepEqual([shown, asked.length], [[98, 99, 100], 1]);
  stored.push(message(101));
  hear("chat", message(101));
  assert.equal(shown.at(-1), 101, "it goes on");
});

test("a gap among live messages is filled before later ones are shown", async () => {
  const { shown, stored, hear } = setUp({ stored: [1, 2, 3, 4].map(message) });
  hear("chat", message(1));
  hear("chat", message(4));
  assert.deepEqual(shown, [1]);
  await settled();
  assert.deepEqual(shown, [1, 2, 3, 4]);
  stored.push(message(5));
  hear("chat", message(5));
  hear("chat", message(5));
  assert.deepEqual(shown, [1, 2, 3, 4, 5]);
});

test("what the server itself does not have is given up after three tries", async () => {
  const { shown, asked, hear, clock } = setUp({ stored: [message(1), message(3)] });
  hear("chat", message(1));
  hear("chat", message(3));
  await clock.pass(10_000);
  assert.deepEqual(shown, [1, 3]);
  assert.ok(asked.length <= 4);
});

test("what was missed is asked for again until it is here, also in a quiet room", async () => {
  const { clock, asked, failing, hear, requests, shown } = setUp({ stored: [1, 2, 3].map(message) });
  failing.push(
    { code: "offline" },
    { code: "unavailable", status: 503 },
    { code: "offline" },
    { code: "offline" },
    { code: "offline" },
  );
  hear("connect");
  requests[0].resolve({ ok: true, seq: 3, members: [] });
  await settled();
  for (const wait of [1_000, 2_000, 4_000, 8_000, 8_000]) {
    assert.deepEqual([shown, clock.due], [[], [wait]]);
    await clock.pass(wait);
  }
  assert.deepEqual([shown, asked.length], [[1, 2, 3], 6]);
  await clock.pass(60_000);
  assert.equal(asked.length, 6, "and then no more");
});

test("who comes back asks at once for what an earlier question did not bring", async () => {
  const { failing, hear, requests, shown } = setUp({ stored: [1, 2].map(message) });
  failing.push({ code: "offline" });
  hear("connect");
  requests[0].resolve({ ok: true, seq: 2, members: [] });
  await settled();
  hear("disconnect");
  hear("connect");
  requests[1].resolve({ ok: true, seq: 2, members: [] });
  await settled();
  assert.deepEqual(shown, [1, 2]);
});

test("nothing is asked again and again by who is not in", async () => {
  const { clock, asked, failing, hear, requests } = setUp({ stored: [message(1)] });
  failing.push(...Array.from({ length: 50 }, () => ({ code: "not_a_member", status: 403 })));
  hear("connect");
  requests[0].resolve({ ok: true, seq: 1, members: [] });
  await settled();
  hear("disconnect");
  await clock.pass(60_000);
  assert.equal(asked.length, 2);
});

test("an announced message that the server does not have is not asked for without end", async () => {
  const { clock, asked, hear, requests } = setUp();
  hear("connect");
  requests[0].resolve({ ok: true, seq: 3, members: [] });
  await clock.pass(60_000);
  assert.equal(asked.length, 3);
});

test("a server that does not answer a join gets a new line", async () => {
  const { requests, told, hear } = setUp();
  hear("connect");
  requests[0].reject(new Error("no answer"));
  await settled();
  assert.deepEqual(names(told), ["restart"]);
});

test("a full room is tried again later, a wrong password is not", async () => {
  for (const [code, again] of /** @type {const} */ ([
    ["room_full", true],
    ["wrong_password", false],
  ])) {
    const { clock, requests, told, hear } = setUp();
    hear("connect");
    requests[0].resolve({ ok: false, code });
    await clock.pass(60_000);
    assert.equal(requests.length, again ? 2 : 1, code);
    assert.deepEqual(told[0], ["refused", { why: { ok: false, code }, again, been: false }]);
  }
});

test("somebody who joined too often waits as long as the server says", async () => {
  const { clock, requests, hear } = setUp();
  hear("connect");
  requests[0].resolve({ ok: false, code: "rate_limited", retryAfter: 30 });
  await clock.pass(29_000);
  assert.equal(requests.length, 1);
  await clock.pass(2_000);
  assert.equal(requests.length, 2);
});

test("a room that is gone ends it", async () => {
  /** @type {((room: ReturnType<typeof setUp>) => void)[]} */
  const ends = [
    ({ hear }) => hear("removeRoom", "r"),
    ({ hear, requests }) => {
      hear("connect");
      requests[0].resolve({ ok: false, code: "room_not_found" });
    },
  ];
  for (const end of ends) {
    const all = setUp();
    all.hear("removeRoom", "another");
    end(all);
    await settled();
    assert.deepEqual(names(all.told), ["close", "gone"]);
  }
});

test("a server that forgot us is joined again and the text goes again, but not for ever", async () => {
  const { requests, hear, conversation } = setUp();
  const join = async () => {
    requests[requests.length - 1].resolve({ ok: true, seq: 0, members: [] });
    await settled();
  };
  hear("connect");
  await join();
  for (let n = 0; n < 2; n += 1) {
    const said = conversation.say({ content: { chat: "a" }, nonce: "n" });
    requests[requests.length - 1].resolve({ ok: false, code: "not_a_member" });
    await assert.rejects(said);
    assert.equal(requests[requests.length - 1].event, "join");
    await join();
  }
  const said = conversation.say({ content: { chat: "a" }, nonce: "n" });
  requests[requests.length - 1].resolve({ ok: false, code: "not_a_member" });
  assert.equal((await said).code, "not_a_member");
});

test("an answer to an older join is not believed", async () => {
  const { requests, hear, conversation } = setUp();
  hear("connect");
  hear("disconnect");
  requests[0].resolve({ ok: true, seq: 0, members: [] });
  await settled();
  assert.equal(conversation.joined, false);
});

test("who comes back is told how much was missed, and only then", async () => {
  const { requests, hear, told, stored, shown } = setUp({ stored: [1, 2].map(message) });
  const missed = () => told.filter(([name]) => name === "missed");
  hear("connect");
  requests[0].resolve({ ok: true, seq: 2, members: [] });
  await settled();
  assert.deepEqual([shown, missed()], [[1, 2], []], "a fresh page has missed nothing");
  hear("disconnect");
  for (let seq = 3; seq <= 152; seq += 1) stored.push(message(seq));
  hear("connect");
  requests[1].resolve({ ok: true, seq: 152, members: [] });
  await settled();
  assert.deepEqual(missed(), [
    ["missed", { count: 100, again: false }],
    ["missed", { count: 150, again: true }],
  ]);
  assert.equal(shown.length, 152);
});

test("what is too far behind is not fetched but left for scrolling", async () => {
  const stored = Array.from({ length: 1_000 }, (_, n) => message(n + 1));
  const { requests, hear, told, asked, shown } = setUp({ last: 5, stored });
  hear("connect");
  requests[0].resolve({ ok: true, seq: 1_000, members: [] });
  await settled();
  assert.deepEqual([asked, shown], [[], []]);
  const leaps = () => told.filter(([name]) => name === "leapt" || name === "missed");
  assert.deepEqual(leaps(), [["leapt", { seq: 1_000, missed: 0 }]], "who opens a page of the past has missed nothing");
  hear("chat", message(1_001));
  assert.deepEqual(shown, [1_001], "what comes in live goes on from there");
  hear("disconnect");
  hear("connect");
  requests[1].resolve({ ok: true, seq: 1_500, members: [] });
  await settled();
  assert.deepEqual(leaps().slice(1), [
    ["missed", { count: 499, again: false }],
    ["leapt", { seq: 1_500, missed: 499 }],
  ]);
});

test("lines that nobody wrote are delivered in their place among the messages", () => {
  const { hear, shown } = setUp();
  hear("exit", { visitor: "v", seq: 3, line: "left" });
  hear("join", { visitor: "v", seq: 1, line: "joined" });
  hear("chat", message(2));
  assert.deepEqual(shown, [1, 2, 3]);
});

test("after a restored backup the page is loaded again, as it may show what the room no longer has", async () => {
  const { requests, shown, told, hear, conversation } = setUp({ last: 9, stored: [1, 2].map(message) });
  hear("connect");
  requests[0].resolve({ ok: true, seq: 2, epoch: "another", members: [] });
  await settled();
  assert.deepEqual([names(told), shown, conversation.joined], [["close", "stale"], [], false]);
  hear("connect");
  assert.equal(requests.length, 2);
  requests[1].resolve({ ok: true, seq: 2, epoch: "another", members: [] });
  await settled();
  assert.deepEqual(names(told), ["close", "stale"], "once");
});

test("where WebSocket is blocked, the history names the epoch", async () => {
  const { server, told, shown, conversation } = setUp({ last: 1, stored: [1, 2].map(message) });
  server.epoch = "another";
  await conversation.catchUp();
  assert.deepEqual([names(told), shown], [["close", "stale"], []]);
});

test("a server of an earlier version names no epoch", async () => {
  const { server, requests, told, shown, hear } = setUp({ last: 1, stored: [1, 2].map(message) });
  server.epoch = undefined;
  hear("connect");
  requests[0].resolve({ ok: true, seq: 2, members: [] });
  await settled();
  assert.deepEqual([names(told), shown], [["joined"], [2]]);
});
