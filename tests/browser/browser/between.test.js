// What passes between people: GIFs sent again, and whispers.
import assert from "node:assert/strict";
import { keep, scene, useChromium } from "../support/chrome.js";
import { gif, sea } from "../support/gif.js";
import { choose, enter, inside, makeRoom, reads, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * Sends a GIF with words and waits until it stands there.
 * @param {PageVisitor} visitor
 * @param {string} alt
 */
async function sendGif(visitor, alt) {
  await choose(visitor, { name: `${alt}.gif`, bytes: gif({ width: 200, height: 120, frames: 4, paint: sea }) });
  await visitor.page.locator("#queue .upload__alt").fill(alt);
  await visitor.page.locator("#queue .upload__alt").press("Enter");
  await seesGif(visitor, alt);
}

/**
 * Opens the whispers with somebody by the menu of a member.
 * @param {WithPage} visitor
 * @param {string} id
 */
async function whisperTo({ page }, id) {
  if (!(await page.locator("#members").isVisible())) await page.click("#members-btn");
  await page.locator(`#members-list [data-id="${id}"] .more`).click();
  await page
    .locator("#menu")
    .getByRole("menuitem", { name: /Whisper|귓속말/ })
    .click();
  await page.locator("#whisper[open]").waitFor();
}

/** @param {WithPage} visitor */
const idOf = ({ page }) => page.evaluate(() => document.body.dataset.me);
/** @param {WithPage} visitor */
const whispers = ({ page }) => page.locator("#whisper-log .message");

scene("a GIF of the room is sent again from the tray by keyboard, without an upload", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann);
  await enter(bea, id);
  await bea.page.focus("#tray-btn");
  await bea.page.keyboard.press("Enter");
  await reads(bea.page.locator("#tray-note"), "No GIFs here yet.");
  await bea.page.keyboard.press("Escape");
  await eventually(
    () => bea.page.evaluate(() => document.activeElement.id === "tray-btn"),
    "the focus is back at its button",
  );
  await sendGif(ann, "a sea");
  await sendGif(ann, "another sea");
  const files = await stage.server.uploads();
  /** @type {unknown[]} */
  const uploads = [];
  bea.page.on("request", (request) => {
    if (request.url().endsWith("/gif")) uploads.push(request.url());
  });
  await bea.page.keyboard.press("Enter");
  const first = bea.page.getByRole("button", { name: "Play: another sea" });
  await eventually(() => first.evaluate((button) => button === document.activeElement), "the newest has the focus");
  await keep(bea, "talk-tray");
  await bea.page.keyboard.press("ArrowRight");
  for (let n = 0; n < 2; n += 1) await bea.page.keyboard.press("Enter");
  for (const one of [ann, bea])
    await eventually(
      async () => (await one.page.locator("#chat-list .message[data-seq] img[alt='a sea']").count()) === 2,
      "it stands there twice",
    );
  assert.deepEqual([await stage.server.uploads(), uploads], [files, []]);
});

for (const [locale, words] of Object.entries({
  "en-US": {
    news: /^1 new whisper from [A-Z][a-z]+ [A-Z][a-z]+$/,
    left: "Couldn't send. This person is not in the room.",
  },
  "ko-KR": { news: /^[가-힣]+ [가-힣]+님의 새 귓속말 1개$/, left: "보내지 못했어요. 지금 방에 없는 사람이에요." },
})) {
  scene(
    `two whisper text and GIFs that a third never sees, and find them after a reload (${locale})`,
    ["--seat-grace", "300ms"],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale });
      const bea = await stage.visitor({
        name: "bea",
        locale,
        viewport: { width: 390, height: 800 },
        colorScheme: "dark",
      });
      const eve = await stage.visitor({ name: "eve", locale });
      const id = await makeRoom(ann);
      await enter(bea, id);
      await enter(eve, id);
      await sendGif(ann, "a sea");
      const [anns, beas] = [await idOf(ann), await idOf(bea)];
      await whisperTo(ann, beas);
      await ann.page.keyboard.type("psst <b>you</b>");
      await ann.page.keyboard.press("Enter");
      await reads(whispers(ann).last().locator(".message__text"), "psst <b>you</b>");
      await reads(bea.page.locator("#whispers-news span"), words.news);
      await keep(bea, `talk-whisper-news-${locale}`);
      await bea.page.click("#whispers-news");
      await reads(whispers(bea).last().locator(".message__text"), "psst <b>you</b>");
      await bea.page.setInputFiles("#whisper-gif", {
        name: "own.gif",
        mimeType: "image/gif",
        buffer: gif({ width: 90, height: 60 }),
      });
      await bea.page.fill("#whisper-text", "only for you");
      await bea.page.press("#whisper-text", "Enter");
      const own = ann.page.locator("#whisper-log .message", { hasText: "only for you" }).locator(".gif");
      await own.waitFor();
      await bea.page.click("#whisper-tray");
      await bea.page.locator("#tray-list button").first().dblclick();
      await bea.page.press("#whisper-text", "Enter");
      await ann.page.locator("#whisper-log img[alt='a sea']").waitFor();
      await eventually(
        () =>
          ann.page
            .locator("#whisper-log .gif__frame img")
            .evaluateAll((all) => all.every((image) => image.complete && image.naturalWidth > 0)),
        "the GIFs are served",
      );
      for (const one of [ann, bea]) await keep(one, `talk-whisper-${one.name}-${locale}`);

      assert.equal(await eve.page.locator("text=psst").count(), 0);
      await eve.page.reload();
      await inside(eve);
      assert.equal(await eve.page.locator("#whispers").isVisible(), false);
      const secret = await own.getAttribute("data-name");
      assert.equal((await eve.page.request.get(`/gif/${secret}`)).status(), 404);
      assert.equal((await bea.page.request.get(`/gif/${secret}`)).status(), 200);

      await bea.page.reload();
      await inside(bea);
      await bea.page.click("#members-btn");
      await bea.page.locator("#whispers-list button").click();
      await eventually(async () => (await whispers(bea).count()) === 3, "all of them are still there");
      assert.equal(await bea.page.locator("#whispers-news").isVisible(), false, "and none is new");

      // What can't arrive is told, and what was written stays.
      await ann.page.keyboard.press("Escape");
      await ann.page.click("#exit-btn");
      await ann.page.waitForURL("/");
      await eventually(async () => (await bea.page.locator(`#members-list [data-id="${anns}"]`).count()) === 0);
      await bea.page.fill("#whisper-text", "still there?");
      await bea.page.press("#whisper-text", "Enter");
      await reads(bea.page.locator("#whisper-note"), words.left);
      assert.equal(await bea.page.inputValue("#whisper-text"), "still there?");
    },
  );
}

scene("a whisper that came while the line was down is there when it is back", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  bea.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  const id = await makeRoom(ann);
  await enter(bea, id);
  const beas = await idOf(bea);
  await bea.context.setOffline(true);
  await whisperTo(ann, beas);
  await ann.page.fill("#whisper-text", "while you were away");
  await ann.page.press("#whisper-text", "Enter");
  await reads(whispers(ann).last().locator(".message__text"), "while you were away");
  await bea.context.setOffline(false);
  await reads(bea.page.locator("#whispers-news span"), /^1 new whisper from/);
  await bea.page.click("#whispers-news");
  await reads(whispers(bea).last().locator(".message__text"), "while you were away");
});

scene(
  "an open whisper keeps its draft and the focus while the owner edits the room, also with who owned it before",
  [],
  async (stage) => {
    const [ann, bea, cat] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "cat", viewport: { width: 390, height: 800 } }),
    ];
    const id = await makeRoom(bea);
    await enter(ann, id);
    await enter(cat, id);
    // Who hands a room over has the owner's tools in the page already, and they close what is theirs.
    const [anns, beas, cats] = [await idOf(ann), await idOf(bea), await idOf(cat)];
    await bea.page.evaluate(
      ([room, visitor]) =>
        fetch(`/room/${room}/moderate`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify({ action: "handover", visitor }),
        }),
      [id, anns],
    );
    await ann.page.locator("#edit-btn:visible").waitFor();
    await bea.page.locator("#edit-btn").waitFor({ state: "hidden" });
    await whisperTo(bea, cats);
    await whisperTo(cat, beas);
    for (const { page } of [bea, cat]) {
      await page.keyboard.type("half a thought");
      for (let n = 0; n < 7; n += 1) await page.keyboard.press("ArrowLeft");
    }
    await ann.page.click("#edit-btn");
    await ann.page.fill("#edit-room-title", "another title");
    await ann.page.fill("#edit-slow", "1");
    await ann.page.click("#edit-form [type=submit]");
    for (const { page } of [bea, cat]) {
      await reads(page.locator("#room-title"), "another title");
      assert.deepEqual(
        await page.evaluate(() => {
          const { id: focused, value, selectionStart } = /** @type {TestElement} */ (document.activeElement);
          return { open: document.getElementById("whisper").open, focused, value, selectionStart };
        }),
        { open: true, focused: "whisper-text", value: "half a thought", selectionStart: 7 },
      );
    }
    await bea.page.keyboard.type("bad ");
    await bea.page.keyboard.press("Enter");
    await reads(whispers(cat).last().locator(".message__text"), "half a bad thought");
  },
);
