// The namespace /room, by the official client.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Server } from "../support/server.js";
import { Visitor, WAYS, connected, next } from "../support/visitor.js";

const ROOM_KEYS = [
  "_id",
  "asleep",
  "away",
  "closed",
  "count",
  "createdAt",
  "crowd",
  "hue",
  "max",
  "name",
  "owner",
  "password",
  "slow",
  "title",
  "visitor",
];

/** @type {Server} */
let server;
/** @type {Visitor[]} */
let visitors = [];
const arrive = async () => {
  const visitor = await Visitor.arrive(server);
  visitors.push(visitor);
  return visitor;
};

before(async () => {
  server = await Server.start(["--seat-grace", "500ms", "--room-grace", "1s"]);
});
after(() => server.end());
afterEach(() => {
  for (const visitor of visitors) visitor.end();
  visitors = [];
});

for (const [way, transport] of Object.entries(WAYS)) {
  describe(`/room over ${way}`, () => {
    test("a new room, its changes and its end are told to everybody", async () => {
      const [owner, other] = [await arrive(), await arrive()];
      const list = other.socket("/room", transport);
      await connected(list);

      const room = await owner.makeRoom({ title: "cats", max: 3, password: "swordfish" });
      /** @param {Room} told */
      const is = (told) => told._id === room._id;
      const told = await next(list, "newRoom", is);
      assert.deepEqual(told, room);
      assert.deepEqual(Object.keys(told).sort(), ROOM_KEYS);
      assert.match(told._id, /^[\w-]{22,}$/);
      assert.match(told.owner, /^#[0-9a-f]{6}$/);
      assert.equal(new Date(told.createdAt).toISOString(), told.createdAt);
      assert.deepEqual([told.title, told.max, told.count, told.password], ["cats", 3, 0, true]);
      assert.deepEqual([told.closed, told.slow], [false, 0]);

      const seat = await owner.enter(room._id);
      assert.equal((await next(list, "updateRoom", (now) => is(now) && now.count === 1)).title, "cats");

      const { status } = await owner.json("PATCH", `/room/${room._id}`, { title: "cats and dogs", max: 5 });
      assert.equal(status, 200);
      const changed = await next(list, "updateRoom", (now) => is(now) && now.max === 5);
      assert.deepEqual(changed, { ...room, title: "cats and dogs", max: 5, count: 1 });

      seat.emit("leave");
      await next(list, "updateRoom", (now) => is(now) && now.count === 0);
      assert.equal(await next(list, "removeRoom", (id) => id === room._id), room._id, "an empty room is removed");
      assert.doesNotMatch(JSON.stringify(list.heard), /swordfish/);
    });

    test("a deleted room is removed at once", async () => {
      const owner = await arrive();
      const list = (await arrive()).socket("/room", transport);
      await connected(list);
      const room = await owner.makeRoom();
      await next(list, "newRoom", ({ _id }) => _id === room._id);
      const { status, body } = await owner.json("DELETE", `/room/${room._id}`);
      assert.deepEqual([status, body], [200, "ok"]);
      await next(list, "removeRoom", (id) => id === room._id);
    });
  });
}
