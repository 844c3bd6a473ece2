import assert from "node:assert/strict";
import { test } from "node:test";
import { SlowMode } from "../../../public/js/models/slow-mode.js";
import { Uploads } from "../../../public/js/models/uploads.js";
import { Clock, settled } from "../support/clock.js";
import { gif } from "../support/gif.js";

/**
 * @typedef {Deferred & { item: Upload, nonce: string, progress: (share: number) => void, aborted: boolean }} Post
 */

function setUp({ limit = 1_000_000 } = {}) {
  const clock = new Clock();
  /** @type {Post[]} */
  const posts = [];
  /** @type {unknown[]} */
  const told = [];
  /** @type {unknown[]} */
  const returned = [];
  let nonces = 0;
  const slowMode = new SlowMode({ changed() {}, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  const uploads = new Uploads({
    post(item, progress) {
      /** @type {Post} */
      const post = { item, nonce: item.nonce, progress, aborted: false, resolve() {}, reject() {} };
      const done = new Promise((resolve, reject) => Object.assign(post, { resolve, reject }));
      posts.push(post);
      return {
        done,
        abort: () => {
          post.aborted = true;
          post.reject({ code: "offline" });
        },
      };
    },
    view: {
      changed: ({ file, state }) => told.push(`${file.name} ${state}`),
      removed: ({ file }) => told.push(`${file.name} removed`),
      stored: (message) => told.push(`stored ${message.seq}`),
      returned: (caption) => returned.push(caption),
    },
    newNonce: () => `n${++nonces}`,
    limit,
    slowMode,
    wait: clock.wait,
  });
  return { clock, posts, told, returned, uploads, slowMode };
}

/** @type {(name: string, bytes?: Buffer | string) => File} */
const file = (name, bytes = gif()) => new File([Uint8Array.from(Buffer.from(bytes))], name, { type: "image/gif" });

test("GIFs go one at a time, in the order of choosing, when they are told to", async () => {
  const { posts, told, uploads } = setUp();
  uploads.start();
  const [a, b] = [await uploads.add(file("a")), await uploads.add(file("b"))];
  assert.deepEqual([a.state, b.state, posts.length], ["ready", "ready", 0]);
  uploads.send();
  assert.deepEqual([a.state, b.state, posts.length], ["sending", "waiting", 1]);
  posts[0].progress(0.5);
  assert.deepEqual([a.state, a.progress], ["sending", 0.5]);
  posts[0].progress(1);
  assert.equal(a.state, "checking");
  posts[0].resolve({ seq: 1 });
  await settled();
  assert.deepEqual(
    posts.map(({ nonce }) => nonce),
    ["n1", "n2"],
  );
  posts[1].resolve({ seq: 2 });
  await settled();
  assert.deepEqual(told.slice(-3), ["b sending", "b removed", "stored 2"]);
  assert.equal(uploads.size, 0);
});

test("what is too large or no GIF is told at once and never sent", async () => {
  const { posts, uploads } = setUp({ limit: 2_000 });
  uploads.start();
  const huge = await uploads.add(file("huge", gif({ padding: 3_000 })));
  const other = await uploads.add(file("other", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")));
  const none = await uploads.add(file("none", Buffer.alloc(0)));
  assert.deepEqual(
    [huge.state, huge.why?.code, huge.why?.limit, huge.why?.size, huge.final],
    ["failed", "too_large", 2_000, huge.file.size, true],
  );
  for (const item of [other, none])
    assert.deepEqual([item.state, item.why?.code, item.final], ["failed", "not_a_gif", true]);
  uploads.send();
  uploads.retry(huge);
  assert.deepEqual(posts, []);
});

test("a broken line is tried again by itself, twice, under the same nonce", async () => {
  const { clock, posts, uploads } = setUp();
  uploads.start();
  const item = await uploads.add(file("a"));
  uploads.send();
  for (let n = 0; n < 2; n += 1) {
    posts[n].reject({ code: "offline" });
    await settled();
    assert.equal(item.state, "waiting");
    await clock.pass(1_499);
    assert.equal(posts.length, n + 1, "not in the same breath");
    await clock.pass(1);
  }
  posts[2].reject({ code: "offline" });
  await clock.pass(60_000);
  assert.deepEqual(
    posts.map(({ nonce }) => nonce),
    ["n1", "n1", "n1"],
  );
  assert.deepEqual([item.state, item.final], ["failed", false]);
  uploads.retry(item);
  assert.deepEqual([item.state, posts.length, posts[3].nonce], ["sending", 4, "n1"]);
});

test("a GIF of which the server can't tell whether it is stored goes again under the same nonce", async () => {
  const { clock, posts, uploads } = setUp();
  uploads.start();
  const item = await uploads.add(file("a"));
  uploads.send();
  for (const [n, code] of ["unknown", "unavailable"].entries()) {
    posts[n].reject({ code, status: 503 });
    await settled();
    assert.equal(item.state, "waiting");
    await clock.pass(1_500);
  }
  assert.deepEqual(
    posts.map(({ nonce }) => nonce),
    ["n1", "n1", "n1"],
  );
  posts[2].resolve({ nonce: "n1" });
  await settled();
  assert.equal(uploads.size, 0);
});

test("without a line GIFs wait; one that is under way may end", async () => {
  const { clock, posts, uploads } = setUp();
  uploads.start();
  const [a, b] = [await uploads.add(file("a")), await uploads.add(file("b"))];
  uploads.send();
  uploads.stop();
  posts[0].reject({ code: "not_a_member" });
  await clock.pass(60_000);
  assert.deepEqual([a.state, b.state, posts.length], ["waiting", "waiting", 1]);
  uploads.start();
  assert.deepEqual([a.state, posts.length], ["sending", 2]);
});

test("a refusal of the server fails, finally when the file itself is wrong, and the next one goes", async () => {
  const { posts, uploads } = setUp();
  uploads.start();
  const items = [await uploads.add(file("a")), await uploads.add(file("b")), await uploads.add(file("c"))];
  uploads.send();
  for (const [n, code, final] of /** @type {const} */ ([
    [0, "not_a_gif", true],
    [1, "rate_limited", false],
    [2, "not_a_member", false],
  ])) {
    posts[n].reject({ code, message: "no" });
    await settled();
    assert.deepEqual([items[n].state, items[n].why?.code, items[n].final], ["failed", code, final]);
  }
  assert.equal(posts.length, 3);
});

test("a cancelled upload is aborted and gone, and the next one goes", async () => {
  const { clock, posts, told, uploads } = setUp();
  uploads.start();
  const [a, b] = [await uploads.add(file("a")), await uploads.add(file("b"))];
  uploads.send();
  uploads.cancel(a);
  await clock.pass(2_000);
  assert.equal(posts[0].aborted, true);
  assert.deepEqual([b.state, uploads.size], ["sending", 1]);
  assert.ok(!told.includes("a failed"));
});

test("a GIF that comes too early waits for its turn and goes by itself", async () => {
  const { clock, posts, uploads, slowMode } = setUp();
  uploads.start();
  const [a, b] = [await uploads.add(file("a")), await uploads.add(file("b"))];
  uploads.send();
  posts[0].reject({ code: "slow_mode", retryAfter: 30 });
  await settled();
  assert.deepEqual([a.state, b.state], ["waiting", "waiting"]);
  await clock.pass(29_999);
  assert.equal(posts.length, 1);
  await clock.pass(1);
  assert.deepEqual(
    posts.map(({ nonce }) => nonce),
    ["n1", "n1"],
  );
  // A message of any kind makes the next one wait.
  slowMode.hold(30);
  posts[1].resolve({ seq: 1 });
  await clock.pass(29_999);
  assert.equal(posts.length, 2);
  slowMode.free();
  await settled();
  assert.deepEqual([b.state, posts.length], ["sending", 3]);
});

test("GIFs that are chosen together keep their order by the time at which they came", async () => {
  const { uploads } = setUp();
  const items = await Promise.all(["a", "b", "c"].map((name) => uploads.add(file(name))));
  const times = items.map(({ at }) => at);
  assert.ok(times[0] < times[1] && times[1] < times[2], times.join());
});

test("what is said goes with the first GIF, with the next if that can't be sent, or back to who wrote it", async () => {
  const { posts, returned, uploads } = setUp();
  uploads.start();
  assert.equal(uploads.send("to all"), false, "there is none");
  const [a, b, c] = [await uploads.add(file("a")), await uploads.add(file("b")), await uploads.add(file("c"))];
  assert.equal(uploads.send("look"), true);
  assert.deepEqual([a.chat, b.chat, c.chat], ["look", "", ""]);
  posts[0].reject({ code: "not_a_gif" });
  await settled();
  assert.deepEqual([a.chat, b.chat, c.chat], ["", "look", ""]);
  posts[1].resolve({ seq: 1 });
  await settled();
  assert.equal(c.chat, "", "it was said");
  const d = await uploads.add(file("d"));
  uploads.send("wait");
  uploads.cancel(c);
  assert.deepEqual([d.chat, returned], ["wait", []]);
  uploads.cancel(d);
  assert.deepEqual(returned, ["wait"]);
});
