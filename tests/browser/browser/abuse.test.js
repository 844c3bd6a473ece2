// GIFs that an owner does not want to see again: chosen in the dialog, refused to everybody who sends them.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { audit } from "../support/axe.js";
import { OUT, scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { choose, enter, makeRoom, message, reads, REFUSED, say, sees, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const WORDS = {
  "en-US": {
    remove: "Delete message",
    clear: /^Delete all of [A-Z][a-z]+ [A-Z][a-z]+'s messages$/,
    one: "Block this GIF in this room",
    all: "Block these GIFs in this room",
    refused: /This GIF is blocked in this room\./,
  },
  "ko-KR": {
    remove: "메시지 삭제",
    clear: /^[가-힣]+ [가-힣]+님의 메시지 모두 삭제$/,
    one: "이 방에서 이 GIF 차단하기",
    all: "이 방에서 이 GIF들 차단하기",
    refused: /이 방에서 차단된 GIF예요\./,
  },
};

/**
 * Opens the question behind an entry of the menu of a message, by keyboard alone.
 * @param {WithPage} visitor
 * @param {Locator} subject
 * @param {string | RegExp} entry
 */
async function asks({ page }, subject, entry) {
  await subject.locator(".more").focus();
  await page.keyboard.press("Enter");
  const item = page.getByRole("menuitem", { name: entry, exact: true });
  await item.focus();
  await page.keyboard.press("Enter");
  await page.locator("#deed-dialog[open]").waitFor();
}

/**
 * Ticks a box of the question by its name and says yes, by keyboard alone.
 * @param {WithPage} visitor
 * @param {string} name
 */
async function ticksAndSaysYes({ page }, name) {
  const box = page.locator("#deed-dialog").getByRole("checkbox", { name, exact: true });
  await page.keyboard.press("Shift+Tab");
  assert.equal(await box.evaluate((element) => element === document.activeElement), true, "it is before the answers");
  assert.equal(await box.isChecked(), false, "nothing is forbidden unasked");
  await page.keyboard.press("Space");
  assert.equal(await box.isChecked(), true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#deed-dialog").waitFor({ state: "hidden" });
}

/** @param {number} shade */
const bar = (shade) => gif({ paint: (x, _y, time, colours) => (x < time ? 0 : shade % colours) });
/**
 * @param {WithPage} visitor
 * @param {string} alt
 */
const shows = ({ page }, alt) =>
  page.locator("#chat-list .message[data-seq]", { has: page.getByAltText(alt, { exact: true }) });
/**
 * @param {WithPage} visitor
 * @param {number} count
 */
const blanks = ({ page }, count) =>
  eventually(async () => (await page.locator(".message__gone").count()) === count, `${count} are deleted`);

/**
 * @param {PageVisitor} visitor
 * @param {string} alt
 * @param {Buffer} bytes
 */
async function sends(visitor, alt, bytes) {
  await choose(visitor, { name: `${alt}.gif`, bytes });
  await visitor.page.locator("#queue .upload__alt").first().fill(alt);
  await visitor.page.click("#send-btn");
}

/**
 * Sends a GIF that the room does not take, reads why, and puts it away.
 * @param {PageVisitor} visitor
 * @param {Buffer} bytes
 * @param {RegExp} why
 */
async function sendsInVain(visitor, bytes, why) {
  await sends(visitor, "again", bytes);
  const card = visitor.page.locator("#queue .upload");
  await reads(card.locator(".upload__why"), why);
  await card.locator("[data-do=cancel]").click();
  await card.waitFor({ state: "detached" });
  assert.equal(await shows(visitor, "again").count(), 0);
}

for (const [locale, words] of Object.entries(WORDS)) {
  const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};

  scene(
    `an owner deletes a GIF as abuse, then all by one person, and they can not be sent again (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale, ...look });
      const bea = await stage.visitor({ name: "bea", locale, ...look });
      for (const one of [ann, bea]) one.allow(REFUSED);
      await enter(bea, await makeRoom(ann));
      const [bad, worse] = [bar(20), bar(40)];
      for (const [alt, bytes] of Object.entries({ bad, worse })) {
        await sends(bea, alt, bytes);
        await seesGif(ann, alt);
      }
      await say(bea, "words");
      await sees(ann, "words");

      await asks(ann, message(ann, "words"), words.remove);
      assert.equal(await ann.page.locator("#deed-forbid").isVisible(), false, "words can not be forbidden");
      await ann.page.keyboard.press("Escape");
      await asks(ann, shows(ann, "bad"), words.remove);
      assert.deepEqual(await audit(ann.page), []);
      await mkdir(OUT, { recursive: true });
      await ann.page.screenshot({ path: `${OUT}abuse-${locale}.png` });
      await ticksAndSaysYes(ann, words.one);
      for (const one of [ann, bea]) await blanks(one, 1);
      await sendsInVain(bea, bad, words.refused);
      await sendsInVain(ann, bad, words.refused);

      await asks(ann, message(ann, "words"), words.clear);
      await ticksAndSaysYes(ann, words.all);
      for (const one of [ann, bea]) await blanks(one, 3);
      await sendsInVain(bea, worse, words.refused);
      await sends(bea, "harmless", bar(60));
      await seesGif(ann, "harmless");
    },
  );
}
