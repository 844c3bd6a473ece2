import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../../public/js/models/timeline.js";
import { RoomList } from "../../../public/js/models/room-list.js";

/** @type {(seq: number) => Row} */
const message = (seq) => /** @type {any} */ ({ seq });
/** @type {(messages: Row[]) => number[]} */
const seqs = (messages) => messages.map(({ seq }) => seq);

test("messages in order are released at once, each once", () => {
  const timeline = new Timeline(4);
  assert.deepEqual(seqs(timeline.accept(message(5))), [5]);
  assert.deepEqual(seqs(timeline.accept(message(6))), [6]);
  assert.deepEqual(timeline.accept(message(6)), []);
  assert.deepEqual(timeline.accept(message(2)), [], "what the page opened with");
  assert.deepEqual([timeline.last, timeline.gap, timeline.has(6), timeline.has(7)], [6, false, true, false]);
});

test("a gap holds later messages back until it is filled, in whatever order", () => {
  const timeline = new Timeline(0);
  assert.deepEqual(timeline.accept(message(3)), []);
  assert.deepEqual(timeline.accept(message(2)), []);
  assert.deepEqual(timeline.accept(message(3)), []);
  assert.deepEqual(timeline.accept(message(5)), []);
  assert.equal(timeline.gap, true);
  assert.deepEqual(seqs(timeline.accept(message(1))), [1, 2, 3]);
  assert.equal(timeline.gap, true);
  assert.deepEqual(seqs(timeline.accept(message(4))), [4, 5]);
  assert.equal(timeline.gap, false);
});

test("any order and any repetition gives every message once and in order", () => {
  for (let round = 1; round <= 50; round += 1) {
    const order = Array.from({ length: 40 }, (_, n) => [n + 1, n + 1]).flat();
    let seed = round;
    const chance = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let n = order.length - 1; n > 0; n -= 1) {
      const other = Math.floor(chance() * (n + 1));
      [order[n], order[other]] = [order[other], order[n]];
    }
    const timeline = new Timeline(0);
    const shown = order.flatMap((seq) => seqs(timeline.accept(message(seq))));
    assert.deepEqual(
      shown,
      Array.from({ length: 40 }, (_, n) => n + 1),
      `round ${round}`,
    );
  }
});

test("what the server does not have either is given up", () => {
  const timeline = new Timeline(1);
  assert.deepEqual(timeline.skip(), []);
  timeline.accept(message(4));
  timeline.accept(message(5));
  timeline.accept(message(9));
  assert.deepEqual(seqs(timeline.skip()), [4, 5]);
  assert.equal(timeline.gap, true);
  assert.deepEqual(timeline.accept(message(3)), []);
});

test("a fresh first page tells which rooms are new, known and gone", () => {
  const list = new RoomList(["e", "d", "c", "b", "a"]);
  /** @type {(...ids: string[]) => Room[]} */
  const fresh = (...ids) => ids.map((_id) => /** @type {any} */ ({ _id }));
  /** @type {(rooms: Room[]) => string[]} */
  const ids = (rooms) => rooms.map(({ _id }) => _id);
  const part = list.compare(fresh("f", "e", "c"), false);
  assert.deepEqual([ids(part.added), ids(part.known), part.gone], [["f"], ["e", "c"], ["d"]]);
  const whole = list.compare(fresh("e", "c"), true);
  assert.deepEqual([ids(whole.added), ids(whole.known), whole.gone], [[], ["e", "c"], ["d", "b", "a"]]);
  const none = list.compare(fresh("x", "y"), false);
  assert.deepEqual([ids(none.added), none.gone], [["x", "y"], []]);
});

test("it leaps over what is not fetched, and goes on from what it holds", () => {
  const timeline = new Timeline(3);
  timeline.accept(message(8));
  timeline.accept(message(10));
  assert.deepEqual(
    timeline.leap(9).map(({ seq }) => seq),
    [10],
  );
  assert.deepEqual([timeline.last, timeline.gap], [10, false]);
  timeline.leap(4);
  assert.equal(timeline.last, 10, "never back");
});
