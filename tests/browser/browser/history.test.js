// The stretch of the history in the page while the room goes on below it, and while the server does not answer.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { enter, intercept, reads, say, sees } from "../support/pages.js";
import { frames, isRun, scrollBy, seqs, talk, texts } from "../support/talk.js";
import { eventually } from "../support/wait.js";

useChromium();

const UNAVAILABLE = /status of 503/;

/**
 * Scrolls up until the newest messages have left the page.
 * @param {PageVisitor} visitor
 */
async function scrollAway(visitor) {
  const newest = (await seqs(visitor)).at(-1);
  for (let n = 0; (await seqs(visitor)).at(-1) === newest; n += 1) {
    assert.ok(n < 200, "the newest leave the page");
    await scrollBy(visitor, -1_500);
    await frames(visitor);
  }
}

/**
 * The ids of messages by their texts, as the server has them.
 * @param {HttpVisitor} owner
 * @param {string} room
 */
async function ids(owner, room) {
  const all = new Map();
  for (let next = `/room/${room}/messages?after=0&limit=100`; next !== ""; ) {
    const { body } = await owner.json("GET", next);
    for (const { chat, _id } of body.data) all.set(chat.split("\n")[0], _id);
    const last = body.data.at(-1)?.seq;
    next = body.data.length === 100 ? `/room/${room}/messages?after=${last}&limit=100` : "";
  }
  return all;
}

/**
 * @param {HttpVisitor} owner
 * @param {string} room
 * @param {object} deed
 */
const moderate = async (owner, room, deed) =>
  assert.equal((await owner.json("POST", `/room/${room}/moderate`, deed)).status, 200);
/**
 * @param {HttpVisitor} owner
 * @param {string} room
 * @param {string} message
 */
const remove = (owner, room, message) => moderate(owner, room, { action: "delete", message });

scene("what is deleted is blank also for who reads further up", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 300);
  const ann = await stage.visitor({ name: "ann" });
  await enter(ann, id);
  await scrollAway(ann);
  await more("the end is out of the page");
  const [one, another] = (await texts(ann)).slice(10, 12);
  await remove(owner, id, (await ids(owner, id)).get(one));
  await reads(ann.page.locator(".message__gone"), "This message was deleted.");
  assert.deepEqual([(await texts(ann)).includes(one), (await texts(ann)).includes(another)], [false, true]);

  const visitor = await ann.page.getAttribute("#rows .message", "data-visitor");
  await moderate(owner, id, { action: "clear", visitor });
  await eventually(async () => (await texts(ann)).every((text) => text === "This message was deleted."));
  owner.end();
});

scene("who wants to be at the newest gets there although the server does not answer at first", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 300);
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(UNAVAILABLE);
  await enter(ann, id);
  await scrollAway(ann);
  let refused = 0;
  await intercept(ann, /messages\?limit=/, (route) =>
    refused++ === 0 ? route.fulfill({ status: 503, json: { code: "unavailable" } }) : route.continue(),
  );
  await more("far below");
  await eventually(async () => {
    // On a busy machine the last turn of the wheel may come behind the click: who scrolls up then wants to stay there.
    if (refused === 0 && (await ann.page.locator("#pill").isVisible())) await ann.page.locator("#pill").click();
    return refused > 0;
  }, "it asked");
  await more("and one more");
  await sees(ann, "and one more");
  isRun(await seqs(ann));
  await more("from here on by itself");
  await sees(ann, "from here on by itself");
  assert.equal(await ann.page.$eval("#chat-list", (list) => list.scrollTop), 0);
  await ann.page.locator("#pill").waitFor({ state: "hidden" });
  owner.end();
});

scene("the list goes on behind a message that the server has lost", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 30);
  const ann = await stage.visitor({ name: "ann" });
  await ann.page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    server.onMessage((frame) => {
      if (!frame.includes("lost")) line.send(frame);
    });
  });
  await ann.page.route(/messages\?after=/, async (route) => {
    const response = await route.fetch();
    const page = await response.json();
    await route.fulfill({
      response,
      json: { ...page, data: page.data.filter((/** @type {Message} */ { chat }) => chat !== "lost") },
    });
  });
  await enter(ann, id);
  for (const text of ["before", "lost", "after", "and on"]) await more(text);
  await sees(ann, "and on");
  assert.deepEqual((await texts(ann)).slice(-3), ["before", "after", "and on"]);
  assert.equal(await ann.page.$eval("#chat-list", (list) => list.scrollTop), 0);
  owner.end();
});

scene(
  "many deletions in a row hide nothing that was said before them, and are not asked for again and again",
  [],
  async (stage) => {
    const { id, owner, more } = await talk(stage, 150);
    const all = await ids(owner, id);
    for (let n = 11; n <= 75; n += 1) await remove(owner, id, all.get(`line ${n}`));
    await more("after all that");
    const ann = await stage.visitor({ name: "ann" });
    let asked = 0;
    ann.page.on("request", (request) => {
      if (request.url().includes("/messages?before=")) asked += 1;
    });
    await enter(ann, id);
    await eventually(async () => {
      await scrollBy(ann, -2_000);
      return (await texts(ann)).includes("line 1");
    });
    assert.ok(asked <= 8, `${asked} questions`);
    isRun(await seqs(ann));
    // Those that only keep their place divide nobody's messages.
    assert.equal(await ann.page.locator("#rows .message:not(.message--more)").count(), 1);

    // Back to newest rows of which none is to be seen.
    for (let n = 76; n <= 135; n += 1) await remove(owner, id, all.get(`line ${n}`));
    await ann.page.locator("#pill").click();
    await eventually(async () => (await texts(ann)).includes("after all that"));
    await more("and still it goes on");
    await sees(ann, "and still it goes on");
    await eventually(async () => (await ann.page.getAttribute("#chat-list", "aria-live")) === null);
    isRun(await seqs(ann));
    owner.end();
  },
);

scene(
  "days are divided by a line each, and what was today is yesterday once the next day has begun",
  [],
  async (stage) => {
    const { id, owner, more } = await talk(stage, 1);
    const ann = await stage.visitor({ name: "ann", timezoneId: "Asia/Seoul" });
    let days = 0;
    /** @param {string} at */
    const later = (at) => new Date(Date.parse(at) + days * 86_400_000).toISOString();
    await ann.page.routeWebSocket(/socket\.io/, (line) => {
      const server = line.connectToServer();
      server.onMessage((frame) =>
        line.send(String(frame).replace(/"createdAt":"([^"]+)"/g, (_, at) => `"createdAt":"${later(at)}"`)),
      );
    });
    await enter(ann, id);
    const lines = () => ann.page.locator("#rows .day").allTextContents();
    await more("the first day");
    await sees(ann, "the first day");
    assert.deepEqual(await lines(), ["Today"]);
    for (const expected of [
      ["Yesterday", "Today"],
      [/\w+, \w+ \d+/, "Yesterday", "Today"],
    ]) {
      days += 1;
      await ann.page.clock.setFixedTime(Date.now() + days * 86_400_000);
      await more(`day ${days}`);
      await more(`day ${days} goes on`);
      await sees(ann, `day ${days} goes on`);
      const now = await lines();
      assert.equal(now.length, expected.length);
      for (const [n, name] of expected.entries()) {
        if (name instanceof RegExp) assert.match(now[n], name);
        else assert.equal(now[n], name);
      }
    }
    await say(ann, "mine");
    await sees(ann, "mine");
    assert.equal((await lines()).length, 3);
    const order = await ann.page.$$eval("#rows > :is(.day, .message)", (all) =>
      all.map((row) => (row.matches(".day") ? "day" : row.querySelector(".message__text").textContent)),
    );
    assert.deepEqual(order, [
      "day",
      "line 1",
      "the first day",
      "day",
      "day 1",
      "day 1 goes on",
      "day",
      "day 2",
      "day 2 goes on",
      "mine",
    ]);
    owner.end();
  },
);
