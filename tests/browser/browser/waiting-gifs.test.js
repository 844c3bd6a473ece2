// GIFs that wait for a line, for their page, or for an answer.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { firstGroup } from "../support/first-group.js";
import { gif } from "../support/gif.js";
import { keptFiles } from "../support/kept.js";
import {
  choose,
  enter,
  inside,
  intercept,
  makeRoom,
  message,
  reads,
  say,
  sees,
  seesGif,
  sendWith,
} from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("a GIF chosen without a line waits and goes out when it is back", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  for (const one of [ann, bea]) one.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  const id = await makeRoom(ann);
  await enter(bea, id);
  const fetched = ann.page.waitForResponse(/uploading\.js$/);
  await ann.page.click("#chat");
  await fetched;
  await ann.context.setOffline(true);
  await choose(ann, { name: "late.gif", bytes: gif() });
  await sendWith(ann, "better late");
  await say(ann, "than never");
  await message(ann, "than never").waitFor();
  await ann.context.setOffline(false);
  await seesGif(bea, "better late");
  await sees(bea, "than never");
  assert.equal(await bea.page.locator("#chat-list .gif").count(), 1);
});

scene("a GIF chosen without a line before anything else was done is taken when it is back", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  await makeRoom(ann);
  await ann.context.setOffline(true);
  await choose(ann, { name: "early.gif", bytes: gif() });
  await reads(ann.page.locator("#composer-note"), /./);
  await ann.context.setOffline(false);
  await ann.page.locator("#queue .upload", { hasText: "early.gif" }).waitFor();
});

scene("GIFs that wait survive a reload, with their descriptions, and are sent once", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann);
  await enter(bea, id);
  const cards = ann.page.locator("#queue .upload");
  await choose(ann, { name: "one.gif", bytes: gif() }, { name: "two.gif", bytes: gif({ width: 64 }) });
  await cards.nth(0).locator(".upload__alt").fill("the first");
  await cards.nth(1).locator(".upload__alt").fill("the second");
  await ann.page.focus("#chat");
  await eventually(
    async () =>
      (await keptFiles(ann))
        .map(({ alt }) => alt)
        .sort()
        .join() === "the first,the second",
    "the browser keeps what was written",
  );
  await ann.page.reload();
  await inside(ann);
  await eventually(async () => (await cards.count()) === 2);
  assert.deepEqual(await cards.locator(".upload__name").allTextContents(), ["one.gif", "two.gif"]);
  assert.deepEqual(await cards.locator(".upload__alt").evaluateAll((all) => all.map((field) => field.value)), [
    "the first",
    "the second",
  ]);
  await ann.page.click("#send-btn");
  for (const alt of ["the first", "the second"]) await seesGif(bea, alt);
  await eventually(async () => (await cards.count()) === 0);
  await ann.page.reload();
  await inside(ann);
  await seesGif(ann, "the second");
  assert.equal(await cards.count(), 0, "what was sent does not come back");
  assert.equal(await bea.page.locator("#rows .gif").count(), 2);
});

scene("an upload whose answer is lost is tried again under the same nonce, and stored once", [], async (stage) => {
  const [ann, bea] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }),
  ];
  const id = await makeRoom(bea);
  await enter(ann, id);
  bea.allow(/ERR_FAILED/);
  /** @type {string[]} */
  const nonces = [];
  let lose = 3;
  await intercept(bea, `**/room/${id}/gif`, async (route) => {
    const body = route.request().postDataBuffer()?.toString("latin1") ?? "";
    nonces.push(firstGroup(/name="nonce"\r\n\r\n([\w-]+)/, body));
    if (lose === 0) return route.continue();
    lose -= 1;
    await route.fetch();
    return route.abort();
  });
  await choose(bea, { name: "again.gif", bytes: gif() });
  await bea.page.locator("#queue .upload__alt").fill("again and again");
  await bea.page.locator("#send-btn").tap();
  // The message is there although its answer was lost, and so the queue stays until the server says so again.
  const retry = bea.page.locator("#queue [data-do=retry]");
  await retry.waitFor();
  await retry.tap();
  await seesGif(ann, "again and again");
  await eventually(async () => (await bea.page.locator("#queue .upload").count()) === 0);
  await seesGif(bea, "again and again");
  assert.equal(nonces.length, 4);
  assert.equal(new Set(nonces).size, 1, "one nonce");
  for (const one of [ann, bea]) assert.equal(await one.page.locator("#rows .gif").count(), 1);
  await eventually(async () => (await stage.server.uploads()).length === 2, "one file and its still");
});
