import assert from "node:assert/strict";
import { test } from "node:test";
import { Typing } from "../../../public/js/models/typing.js";
import { Clock } from "../support/clock.js";

/** @type {(id: string) => Visitor} */
const somebody = (id) => ({ id, color: "#000000", hue: null, name: { en: id, ko: id } });

function setUp() {
  const clock = new Clock();
  /** @type {unknown[]} */
  const told = [];
  let said = 0;
  let now = 0;
  const typing = new Typing({
    changed: (visitors) => told.push(visitors.map(({ id }) => id)),
    say: () => {
      said += 1;
    },
    now: () => now,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
  });
  return {
    clock,
    told,
    typing,
    said: () => said,
    /** @param {number} ms */
    pass: (ms) => {
      now += ms;
    },
  };
}

test("who writes is shown for five seconds after the last sign of it", async () => {
  const { clock, told, typing } = setUp();
  typing.heard(somebody("a"));
  await clock.pass(4_000);
  typing.heard(somebody("b"));
  typing.heard(somebody("a"));
  await clock.pass(4_999);
  assert.deepEqual(told, [["a"], ["a", "b"]]);
  await clock.pass(1);
  assert.deepEqual(told.slice(2), [["a"], []]);
});

test("who has sent it or left is not shown any more", () => {
  const { told, typing } = setUp();
  for (const id of ["a", "b"]) typing.heard(somebody(id));
  typing.stopped("a");
  typing.stopped("a");
  typing.clear();
  assert.deepEqual(told, [["a"], ["a", "b"], ["b"], []]);
});

test("others are told now and then that one writes, and at once after a message", () => {
  const { typing, said, pass } = setUp();
  typing.wrote("h");
  typing.wrote("he");
  assert.equal(said(), 1);
  pass(2_500);
  typing.wrote("hel");
  assert.equal(said(), 2);
  typing.wrote("  ");
  assert.equal(said(), 2, "nothing is written there");
  typing.wrote("n");
  assert.equal(said(), 3);
});
