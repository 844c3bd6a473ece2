import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../public/js/models/pace.js";
import { Clock, settled } from "../support/clock.js";

function setUp() {
  const clock = new Clock();
  const told = [];
  const pace = new Pace({ changed: (seconds) => told.push(seconds), setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  return { clock, told, pace };
}

test("a pause lasts as long as it was asked for, and the last word counts", async () => {
  const { clock, told, pace } = setUp();
  assert.equal(pace.pause, null);
  pace.hold(10);
  let looks = 0;
  const wait = async () => { for (; pace.pause; looks += 1) await pace.pause; };
  const waiting = wait();
  await clock.pass(4_000);
  pace.hold(20);
  await clock.pass(19_999);
  assert.equal(looks, 1, "who waited waits on");
  await clock.pass(1);
  await waiting;
  assert.deepEqual([pace.pause, told], [null, [10, 20]]);
});

test("a pause that ends before its time is over at once, and told", async () => {
  const { clock, told, pace } = setUp();
  pace.free();
  pace.hold(3_600);
  const over = pace.pause;
  pace.free();
  await over;
  await settled();
  assert.deepEqual([pace.pause, told, clock.due], [null, [3_600, 0], []]);
});

test("a server that names no time is asked again after a moment, not at once", async () => {
  const { clock, pace } = setUp();
  pace.hold(undefined);
  assert.deepEqual(clock.due, [1_000]);
});
