import assert from "node:assert/strict";
import { test } from "node:test";
import { Socket } from "../../../public/js/lib/socket.js";
import { seemsBlocked } from "../../../public/js/lib/page-socket.js";
import { Clock, settled } from "../support/clock.js";

/** A socket over a line that does what the test says. */
/** @param {{ random?: () => number }} made */
function setUp({ random = () => 1 } = {}) {
  const clock = new Clock();
  /** @type {Line[]} */
  const lines = [];
  class Line {
    readyState = 0;
    /** @type {string[]} */
    sent = [];
    /** @type {(event: { data?: string }) => void} */
    onmessage = () => {};
    onclose = () => {};

    /** @param {string} url */
    constructor(url) {
      this.url = url;
      lines.push(this);
    }
    /** @param {string} frame */
    send(frame) {
      this.sent.push(frame);
    }
    close() {
      this.readyState = 3;
    }
    /** @param {string[]} frames */
    says(...frames) {
      for (const data of frames) this.onmessage({ data });
    }
    breaks() {
      this.readyState = 3;
      this.onclose();
    }
    connects() {
      this.readyState = 1;
      this.says('0{"pingInterval":1000,"pingTimeout":500}', '40/chat,{"sid":"s"}');
    }
  }
  /** @type {unknown[][]} */
  const told = [];
  const { setTimeout, clearTimeout } = clock;
  const socket = new Socket({
    url: "ws://here",
    namespace: "/chat",
    WebSocket: /** @type {any} */ (Line),
    random,
    setTimeout,
    clearTimeout,
  });
  for (const event of ["connect", "disconnect", "failed", "chat"])
    socket.on(/** @type {keyof SocketEvents} */ (event), (...args) => told.push([event, ...args]));
  return { clock, lines, told, socket };
}

test("it asks for its namespace and tells when it is connected", () => {
  const { lines, told, socket } = setUp();
  socket.open();
  socket.open();
  assert.equal(lines.length, 1);
  assert.equal(socket.connected, false);
  lines[0].connects();
  assert.deepEqual(lines[0].sent, ["40/chat,"]);
  assert.equal(socket.connected, true);
  assert.deepEqual(told, [["connect"]]);
});

test("pings are answered, events told, those of other namespaces not", () => {
  const { lines, told, socket } = setUp();
  socket.open();
  lines[0].connects();
  lines[0].says("2", '42/chat,["chat",{"seq":1}]', '42/room,["chat",{"seq":2}]', '42["chat",{"seq":3}]', "garbage", "");
  assert.equal(lines[0].sent.at(-1), "3");
  assert.deepEqual(told.slice(1), [["chat", { seq: 1 }]]);
});

test("a request resolves with its own answer", async () => {
  const { lines, socket } = setUp();
  socket.open();
  lines[0].connects();
  const [first, second] = [socket.request("chat", { chat: "a" }), socket.request("chat", { chat: "b" })];
  assert.deepEqual(lines[0].sent.slice(1), ['42/chat,1["chat",{"chat":"a"}]', '42/chat,2["chat",{"chat":"b"}]']);
  lines[0].says('43/chat,2[{"n":2}]', '43/chat,1[{"n":1}]', '43/chat,1[{"n":9}]');
  assert.deepEqual([await first, await second], [{ n: 1 }, { n: 2 }]);
});

test("a request without an answer, without a line, or over a line that breaks is rejected", async () => {
  const { clock, lines, socket } = setUp();
  await assert.rejects(socket.request("chat", {}));
  socket.open();
  lines[0].connects();
  const silent = assert.rejects(socket.request("chat", {}, 800));
  await clock.pass(800);
  await silent;
  const broken = assert.rejects(socket.request("chat", {}));
  lines[0].breaks();
  await broken;
});

test("tries come further apart, up to ten seconds, and with jitter", async () => {
  for (const [chance, share] of [
    [1, 1],
    [0, 0.5],
  ]) {
    const { clock, lines, told, socket } = setUp({ random: () => chance });
    socket.open();
    /** @type {number[]} */
    const waits = [];
    for (let n = 0; n < 7; n += 1) {
      lines[lines.length - 1].breaks();
      [waits[n]] = clock.due;
      await clock.pass(waits[n]);
      assert.equal(lines.length, n + 2);
    }
    assert.deepEqual(
      waits,
      [500, 1000, 2000, 4000, 8000, 10_000, 10_000].map((wait) => wait * share),
    );
    assert.deepEqual(told.at(-1), ["failed", { failures: 7, opened: false }]);
    lines[lines.length - 1].connects();
    lines[lines.length - 1].breaks();
    assert.deepEqual(clock.due, [500 * share], "a connection that stood starts anew");
    assert.deepEqual(told.at(-1), ["disconnect"]);
  }
});

test("a line that never opens and one that falls silent are given up", async () => {
  const { clock, lines, told, socket } = setUp();
  socket.open();
  await clock.pass(5_000);
  assert.deepEqual(told, [["failed", { failures: 1, opened: false }]]);
  assert.equal(lines[0].readyState, 3);
  await clock.pass(1000);
  lines[1].connects();
  await clock.pass(1_000);
  lines[1].says("2");
  await clock.pass(1_499);
  assert.equal(socket.connected, true);
  await clock.pass(1);
  assert.equal(socket.connected, false, "no ping came in time");
  assert.equal(lines[1].readyState, 3);
  lines[1].says('42/chat,["chat",1]');
  assert.ok(!told.some(([event]) => event === "chat"), "an old line is not listened to");
});

test("before a restart it leaves at once and comes back at a random moment within the time given", async () => {
  for (const [chance, wait] of [
    [0, 250],
    [0.5, 1750],
    [1, 3250],
  ]) {
    const { clock, lines, told, socket } = setUp({ random: () => chance });
    socket.open();
    lines[0].connects();
    lines[0].says('42/chat,["restart",{"within":3000}]');
    assert.equal(lines[0].readyState, 3);
    assert.deepEqual(told.at(-1), ["disconnect"]);
    assert.deepEqual(clock.due, [wait]);
    await clock.pass(wait);
    assert.equal(lines.length, 2);
  }
});

test("retryNow does not wait, and does nothing to a line that stands", async () => {
  const { clock, lines, socket } = setUp();
  socket.open();
  lines[0].breaks();
  socket.retryNow();
  assert.equal(lines.length, 2);
  lines[1].connects();
  socket.retryNow();
  await clock.pass(0);
  assert.equal(lines.length, 2);
});

test("a closed socket stays closed and says no goodbye", async () => {
  const { clock, lines, socket } = setUp();
  socket.open();
  lines[0].connects();
  socket.close();
  socket.retryNow();
  socket.restart();
  await clock.pass(60_000);
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0].sent, ["40/chat,"]);
  assert.equal(socket.emit("chat", {}), false);
  await settled();
});

test("WebSocket seems blocked after three tries when none ever succeeded", () => {
  assert.equal(seemsBlocked({ failures: 2, opened: false }), false);
  assert.equal(seemsBlocked({ failures: 3, opened: false }), true);
  assert.equal(seemsBlocked({ failures: 9, opened: true }), false);
});
