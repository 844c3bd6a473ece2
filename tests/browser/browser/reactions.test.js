// Reacting to a message: a row of emoji and small GIFs under it, with how many and who.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { enter, inside, message, reads, sees, seesGif } from "../support/pages.js";
import { frames, place, reading, scrollBy } from "../support/talk.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/**
 * @param {PageVisitor} visitor
 * @param {string} text
 * @param {string} kind
 */
const chip = (visitor, text, kind) => message(visitor, text).locator(`.reaction[data-kind="${kind}"]`);
/**
 * @param {PageVisitor} visitor
 * @param {string} text
 * @param {string} kind
 * @param {number} count
 */
const counts = (visitor, text, kind, count) => reads(chip(visitor, text, kind).locator(".num"), String(count));
/**
 * @param {Locator} button
 * @param {boolean} yes
 */
const pressed = (button, yes) =>
  eventually(async () => (await button.getAttribute("aria-pressed")) === String(yes), `pressed: ${yes}`);

/**
 * Bea in a room of her own, where she has said something, and a page of Ann's.
 * @param {Stage} stage
 * @param {VisitorOptions} options
 */
async function room(stage, { locale = "en-US", ...look } = {}) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "reactions" });
  await bea.enter(id);
  const said = await bea.say("good news");
  const ann = await stage.visitor({ name: "ann", locale, ...look });
  await enter(ann, id);
  return { ann, bea, id, said, says: words(locale) };
}

/**
 * Chooses an entry of the menu of a message.
 * @param {WithPage} visitor
 * @param {Locator} row
 * @param {string} entry
 */
async function choosesEntry({ page }, row, entry) {
  await row.locator(".more").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

for (const locale of ["en-US", "ko-KR"]) {
  scene(
    `one reacts with a common emoji, takes it back and gives it again, and everybody sees it (${locale})`,
    [],
    async (stage) => {
      const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};
      const { ann, bea, id, said, says } = await room(stage, { locale, ...look });
      const other = await stage.visitor({ name: "other", locale });
      await enter(other, id);
      await choosesEntry(ann, message(ann, "good news"), says("react.react"));
      const sheet = ann.page.getByRole("dialog", { name: says("react.react"), exact: true });
      await sheet.waitFor();
      assert.equal(await sheet.locator("#react-emoji button").count(), 24);
      await hasFocus(ann, sheet.getByRole("button", { name: says("emoji.thumbs_up"), exact: true }), "the first");
      await ann.page.keyboard.press("ArrowRight");
      await hasFocus(ann, sheet.getByRole("button", { name: says("emoji.heart"), exact: true }), "the arrows go on");
      assert.deepEqual(await audit(ann.page), []);
      await ann.page.keyboard.press("Enter");
      await sheet.waitFor({ state: "hidden" });
      for (const one of [ann, other]) await counts(one, "good news", "❤️", 1);
      await pressed(chip(ann, "good news", "❤️"), true);
      await pressed(chip(other, "good news", "❤️"), false);
      await bea.react(said._id, { emoji: "❤️" });
      await counts(ann, "good news", "❤️", 2);
      const title = await chip(ann, "good news", "❤️").getAttribute("title");
      const bead = said.name[locale === "ko-KR" ? "ko" : "en"];
      assert.equal(title, `${says("site.me")}, ${bead}`, "who that is");
      assert.deepEqual(await audit(ann.page), []);
      await chip(ann, "good news", "❤️").click();
      for (const one of [ann, other]) await counts(one, "good news", "❤️", 1);
      await pressed(chip(ann, "good news", "❤️"), false);
      await chip(ann, "good news", "❤️").focus();
      await ann.page.keyboard.press("Enter");
      await counts(other, "good news", "❤️", 2);
      await hasFocus(ann, chip(ann, "good news", "❤️"), "one stays there");
      assert.equal(await message(ann, "good news").evaluate((row) => row.ariaLive), "off", "it is not read out as new");

      await choosesEntry(ann, message(ann, "good news"), says("react.who"));
      const who = ann.page.getByRole("dialog", { name: says("react.list"), exact: true });
      await eventually(
        async () =>
          (await who.locator(".name").allTextContents()).join() ===
          `${bead},${await ann.page.evaluate(() => document.body.dataset.name)}`,
      );
      assert.deepEqual(await audit(ann.page), []);
      await ann.page.keyboard.press("Escape");

      /** @param {PageVisitor} one */
      const markup = (one) =>
        message(one, "good news")
          .locator(".reactions")
          .evaluate((list) => list.outerHTML.replaceAll(/ (tabindex|title)="[^"]*"/g, ""));
      const live = await markup(ann);
      const plain = await stage.visitor({
        name: "plain",
        locale,
        javaScriptEnabled: false,
        storageState: await ann.context.storageState(),
      });
      await plain.page.goto(ann.page.url());
      assert.equal(await markup(plain), live, "the server renders the same");
      await ann.page.reload();
      await inside(ann);
      await pressed(chip(ann, "good news", "❤️"), true);
      await eventually(
        async () => (await chip(ann, "good news", "❤️").getAttribute("title")) === `${bead}, ${says("site.me")}`,
      );
      bea.end();
    },
  );
}

scene(
  "one reacts with any emoji, is told what is none, and with a GIF of the room, which follows the switch",
  [],
  async (stage) => {
    const { ann, bea, says } = await room(stage);
    ann.allow(/status of 4\d\d/);
    const { gif = "" } = await bea.sendGif("a sea", { width: 200, height: 150, frames: 2 });
    await seesGif(ann, "a sea");
    const row = message(ann, "good news");
    await choosesEntry(ann, row, says("react.react"));
    const sheet = ann.page.locator("#react");
    await sheet.getByLabel(says("react.other")).fill("no emoji");
    await ann.page.keyboard.press("Enter");
    await eventually(async () => (await sheet.locator("#react-error").textContent()) !== "", "why not");
    await sheet.getByLabel(says("react.other")).fill("🦔");
    await ann.page.keyboard.press("Enter");
    await counts(ann, "good news", "🦔", 1);
    await sheet.waitFor({ state: "hidden" });
    await choosesEntry(ann, row, says("react.react"));
    await sheet.getByRole("button", { name: "a sea", exact: true }).click();
    await counts(ann, "good news", gif, 1);
    const image = chip(ann, "good news", gif).locator("img");
    /** @param {string} url */
    const src = (url) => eventually(async () => (await image.getAttribute("src")) === url, `it shows ${url}`);
    await src(`/gif/${gif}`);
    await ann.page.locator("#motion-btn").click();
    await src(`/gif/${gif}/still`);
    await ann.page.locator("#motion-btn").click();
    await ann.page.reload();
    await inside(ann);
    await src(`/gif/${gif}`);
    await chip(ann, "good news", gif).click();
    await eventually(async () => (await chip(ann, "good news", gif).count()) === 0, "taken back, it goes");
    await counts(ann, "good news", "🦔", 1);
    bea.end();
  },
);

scene("reactions above and below move nothing of what one reads, and go with their message", [], async (stage) => {
  const { ann, bea } = await room(stage);
  const all = [];
  for (let n = 1; n <= 60; n += 1) all.push(await bea.say(`line ${n}`));
  await sees(ann, "line 60");
  await ann.page.reload();
  await inside(ann);
  await scrollBy(ann, -900);
  await frames(ann);
  const at = await reading(ann);
  for (const n of [20, 59]) {
    await bea.react(all[n - 1]._id, { emoji: "🔥" });
    await chip(ann, `line ${n}`, "🔥").waitFor({ state: "attached" });
    assert.equal(await place(ann, at.id), at.foot, `line ${n} moves nothing`);
  }
  await bea.moderate("delete", { message: all[58]._id });
  await eventually(async () => (await ann.page.locator(".reactions").count()) === 1, "they go with it");
  bea.end();
});

scene("what changed while the line was down is read once, and no more than that", [], async (stage) => {
  const { ann, bea, said } = await room(stage);
  ann.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  const asked = [];
  ann.page.on("request", (request) => {
    if (request.url().endsWith("/reactions")) asked.push(request.url());
  });
  await bea.react(said._id, { emoji: "👀" });
  await counts(ann, "good news", "👀", 1);
  await ann.context.setOffline(true);
  await bea.react(said._id, { emoji: "👀", on: false });
  await bea.react(said._id, { emoji: "🎉" });
  await ann.context.setOffline(false);
  await counts(ann, "good news", "🎉", 1);
  assert.equal(await chip(ann, "good news", "👀").count(), 0);
  assert.equal(asked.length, 1);
  await ann.context.setOffline(true);
  await ann.context.setOffline(false);
  await bea.say("after");
  await sees(ann, "after");
  assert.equal(asked.length, 1, "nothing has changed");
  bea.end();
});

scene("the row of reactions is reached by the arrows, and by touch", [], async (stage) => {
  const { ann, bea, said, says } = await room(stage, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await bea.react(said._id, { emoji: "👍" });
  const button = chip(ann, "good news", "👍");
  await button.waitFor();
  const { width, height } = await button.boundingBox();
  assert.ok(width >= 44 && height >= 44, "large enough for a finger");
  await button.tap();
  await counts(ann, "good news", "👍", 2);
  await message(ann, "good news").focus();
  await eventually(async () => {
    await ann.page.keyboard.press("ArrowRight");
    return button.evaluate((one) => one === document.activeElement);
  }, "the arrows lead there");
  await ann.page.keyboard.press("Space");
  await counts(ann, "good news", "👍", 1);
  assert.ok((await message(ann, "good news").locator(".reactions").getAttribute("aria-label")) === says("react.list"));
  bea.end();
});
