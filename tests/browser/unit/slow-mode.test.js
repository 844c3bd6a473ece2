import assert from "node:assert/strict";
import { test } from "node:test";
import { SlowMode } from "../../../public/js/models/slow-mode.js";
import { Clock, settled } from "../support/clock.js";

function setUp() {
  const clock = new Clock();
  /** @type {number[]} */
  const told = [];
  const slowMode = new SlowMode({
    changed: (seconds) => told.push(seconds),
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
  });
  return { clock, told, slowMode };
}

test("a pause lasts as long as it was asked for, and the last word counts", async () => {
  const { clock, told, slowMode } = setUp();
  assert.equal(slowMode.pause, null);
  slowMode.hold(10);
  let looks = 0;
  const wait = async () => {
    for (; slowMode.pause; looks += 1) await slowMode.pause;
  };
  const waiting = wait();
  await clock.pass(4_000);
  slowMode.hold(20);
  await clock.pass(19_999);
  assert.equal(looks, 1, "who waited waits on");
  await clock.pass(1);
  await waiting;
  assert.deepEqual([slowMode.pause, told], [null, [10, 20]]);
});

test("a pause that ends before its time is over at once, and told", async () => {
  const { clock, told, slowMode } = setUp();
  slowMode.free();
  slowMode.hold(3_600);
  const over = slowMode.pause;
  slowMode.free();
  await over;
  await settled();
  assert.deepEqual([slowMode.pause, told, clock.due], [null, [3_600, 0], []]);
});

test("a server that names no time is asked again after a moment, not at once", async () => {
  const { clock, slowMode } = setUp();
  slowMode.hold(undefined);
  assert.deepEqual(clock.due, [1_000]);
});
