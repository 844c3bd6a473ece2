// What pages make of what they are told, of what they are not told, and of other tabs.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import {
  choose,
  enter,
  inside,
  intercept,
  makeRoom,
  message,
  openList,
  reads,
  row,
  say,
  sees,
  seesGif,
} from "../support/pages.js";
import { gif } from "../support/gif.js";
import { Visitor, ask } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

const UNAVAILABLE = /status of 503/;

/**
 * Lets a test drop what the server sends to a page, and send something in its place.
 * @param {WithPage} visitor
 */
async function tap({ page }) {
  /** @type {{ drops: (frame: string) => boolean, send: (frame: string) => void }} */
  const wire = { drops: () => false, send: () => assert.fail("there is no line yet") };
  await page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    server.onMessage((frame) => {
      if (!wire.drops(String(frame))) line.send(frame);
    });
    wire.send = (frame) => line.send(frame);
  });
  return wire;
}

/**
 * @param {WithPage} visitor
 * @param {boolean} hidden
 */
const hide = ({ page }, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

scene("a list that missed something reads the rooms again, also when that goes wrong at first", [], async (stage) => {
  const [ann, cat] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "cat" })];
  cat.allow(UNAVAILABLE);
  const wire = await tap(cat);
  await openList(cat);
  wire.drops = (frame) => frame.includes('"newRoom"');
  const id = await makeRoom(ann, { title: "nobody tells of it" });
  let refused = 0;
  await intercept(cat, /\/rooms$/, (route) =>
    refused++ === 0 ? route.fulfill({ status: 503, json: { code: "unavailable" } }) : route.continue(),
  );
  wire.send('42/room,["missed"]');
  await row(cat, id).waitFor();
  assert.equal(refused, 2);
});

scene("a list that is asked to read again while it reads does so afterwards", [], async (stage) => {
  const [ann, cat] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "cat" })];
  const wire = await tap(cat);
  await openList(cat);
  wire.drops = (frame) => frame.includes('"newRoom"');
  /** @type {(value?: unknown) => void} */
  let answer = () => {};
  const gate = new Promise((done) => {
    answer = done;
  });
  let asked = 0;
  await intercept(cat, /\/rooms$/, async (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    const response = await route.fetch();
    await gate;
    return route.fulfill({ response });
  });
  wire.send('42/room,["missed"]');
  await eventually(() => asked === 1);
  const id = await makeRoom(ann, { title: "made meanwhile" });
  wire.send('42/room,["missed"]');
  answer();
  await row(cat, id).waitFor();
});

scene("a page that missed events of its own reads its whispers and reports again", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const wire = await tap(ann);
  const id = await makeRoom(ann);
  const me = await ann.page.getAttribute("body", "data-me");
  await enter(bea, id);
  wire.drops = (frame) => /"(whisper|report)"/.test(frame);
  const cat = await Visitor.arrive(stage.server);
  const socket = await cat.enter(id);
  await say(bea, "something bad");
  await sees(ann, "something bad");
  const about = await message(ann, "something bad").getAttribute("data-id");
  assert.equal((await ask(socket, "whisper", { to: me, chat: "psst" })).ok, true);
  assert.equal((await ask(socket, "report", { message: about })).ok, true);
  await say(bea, "after both");
  await sees(ann, "after both");
  assert.equal(await ann.page.locator("#whispers-news").isVisible(), false);
  wire.send('42/chat,["missed"]');
  await ann.page.locator("#whispers-news").waitFor();
  await reads(ann.page.locator("#reports-count"), "1");
  cat.end();
});

scene("the list shows a new owner with colour and mark, and the room as theirs", [], async (stage) => {
  const [bea, cat] = [await stage.visitor({ name: "bea" }), await stage.visitor({ name: "cat" })];
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ max: 2 });
  await owner.enter(id);
  await enter(bea, id);
  const { me, name, hue } = await bea.page.evaluate(() => ({ ...document.body.dataset }));
  const hers = { page: await bea.context.newPage() };
  for (const one of [cat, hers]) {
    await openList(one);
    await reads(row(one, id).locator(".room__go"), "Full");
    assert.equal(await row(one, id).locator(".tag").first().isVisible(), false);
  }
  assert.equal((await owner.json("POST", `/room/${id}/moderate`, { action: "handover", visitor: me })).status, 200);
  for (const one of [cat, hers]) {
    const mark = row(one, id).locator(".room__mark");
    await eventually(
      async () => (await mark.getAttribute("src")) === `/visitor/${me}.svg`,
      "the mark is the new owner's",
    );
    assert.ok((await mark.getAttribute("alt")).includes(name));
    assert.match(await row(one, id).getAttribute("class"), new RegExp(`\\bhue-${hue}\\b`));
  }
  await row(hers, id).locator(".tag").first().waitFor();
  await reads(row(hers, id).locator(".room__go"), "Join");
  await reads(row(cat, id).locator(".room__go"), "Full");
  owner.end();
});

scene(
  "a whisper that comes while one looks elsewhere is counted, and seen in one tab it is seen in all",
  [],
  async (stage) => {
    const bea = await stage.visitor({ name: "bea" });
    const owner = await Visitor.arrive(stage.server);
    const { _id: id } = await owner.makeRoom({ title: "quiet" });
    const socket = await owner.enter(id);
    await enter(bea, id);
    const me = await bea.page.getAttribute("body", "data-me");
    /** @param {string} chat */
    const whisper = async (chat) => assert.equal((await ask(socket, "whisper", { to: me, chat })).ok, true);
    await whisper("one");
    const tab = { page: await bea.context.newPage() };
    await enter(tab, id);
    for (const one of [bea, tab]) await one.page.locator("#whispers-news").waitFor();
    await bea.page.click("#whispers-news");
    await bea.page.locator("#whisper-log .message").waitFor();
    for (const one of [bea, tab]) await one.page.locator("#whispers-news").waitFor({ state: "hidden" });
    await hide(bea, true);
    await whisper("two");
    await eventually(async () => (await bea.page.title()) === "(1) quiet – gifchat");
    await tab.page.locator("#whispers-news").waitFor();
    await hide(bea, false);
    assert.equal(await bea.page.title(), "quiet – gifchat");
    await tab.page.locator("#whispers-news").waitFor({ state: "hidden" });
    const later = { page: await bea.context.newPage() };
    await enter(later, id);
    await later.page.locator("#whispers-list button").waitFor({ state: "attached" });
    assert.equal(await later.page.locator("#whispers-news").isVisible(), false, "nor is it new to a later one");
    owner.end();
  },
);

scene("the way out, opened in another tab, leaves one in the room", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await enter(bea, await makeRoom(ann));
  const opened = bea.context.waitForEvent("page");
  await bea.page.click("#exit-btn", { modifiers: ["Control"] });
  await (await opened).waitForLoadState();
  await say(ann, "still there?");
  await sees(bea, "still there?");
  await say(bea, "yes");
  await sees(ann, "yes");
});

scene("a tab and its copy send what waits once", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann);
  await enter(bea, id);
  await intercept(bea, /\/room\/\w+\/gif$/, () => {});
  const wire = { open: false };
  await bea.page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    line.onMessage((frame) => {
      if (wire.open || !frame.includes('"chat"')) server.send(frame);
    });
  });
  await enter(bea, id);
  await choose(bea, { name: "copied.gif", bytes: gif() });
  await bea.page.locator("#queue .upload__alt").fill("a copied picture");
  await say(bea, "a copied text");
  await bea.page.locator("#rows .gif__ring").waitFor();
  const kept = await bea.page.evaluate(() => ({ ...sessionStorage }));
  const copy = { page: await bea.context.newPage() };
  await copy.page.addInitScript((all) => {
    for (const [key, value] of Object.entries(all)) sessionStorage.setItem(key, value);
  }, kept);
  await enter(copy, id);
  await sees(copy, "a copied text");
  await seesGif(copy, "a copied picture");
  wire.open = true;
  await bea.page.unroute(/\/room\/\w+\/gif$/);
  await bea.page.reload();
  await inside(bea);
  await say(bea, "the end");
  for (const one of [ann, bea, copy]) {
    await sees(one, "the end");
    assert.equal(await message(one, "a copied text").count(), 1);
    assert.equal(await one.page.locator("#rows .gif").count(), 1);
  }
});

scene("a browser that keeps nothing still sends, whispers and shows everything", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await bea.page.addInitScript(() => {
    const refuse = {
      get() {
        throw new DOMException("refused", "SecurityError");
      },
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, refuse);
  });
  const id = await makeRoom(ann);
  await enter(bea, id);
  await choose(bea, { name: "free.gif", bytes: gif() });
  await bea.page.locator("#queue .upload__alt").fill("a free picture");
  await say(bea, "a free word");
  for (const one of [ann, bea]) {
    await sees(one, "a free word");
    await seesGif(one, "a free picture");
  }
  assert.equal(await bea.page.locator("#queue .upload").count(), 0);
});
