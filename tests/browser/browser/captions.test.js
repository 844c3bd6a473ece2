// What is said with a GIF: written where one writes, sent in one message, shown under it.
import assert from "node:assert/strict";
import { ball, gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, makeRoom, message, reads } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * @param {PageVisitor} visitor
 * @param {string} words
 */
const shown = (visitor, words) => message(visitor, words).filter({ has: visitor.page.locator(".gif") });
/** @param {WithPage} visitor */
const focused = ({ page }) => page.evaluate(() => document.activeElement.id);

for (const [locale, words] of Object.entries({ "en-US": "Add a caption", "ko-KR": "GIF에 덧붙일 말 쓰기" })) {
  scene(
    `who picks a GIF goes on writing, and what is written stands under it in one message (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea", locale })];
      const id = await makeRoom(ann);
      await enter(bea, id);
      const before = await ann.page.locator("#chat").getAttribute("placeholder");
      await choose(ann, { name: "wave.gif", bytes: gif({ paint: ball }) });
      const asks = () => ann.page.locator("#chat").getAttribute("placeholder");
      await eventually(async () => (await asks()) === words, "the field says what it is for now");
      await eventually(async () => (await focused(ann)) === "chat", "the cursor stands where one writes");
      await ann.page.keyboard.type("look <b>here</b>");
      await ann.page.keyboard.press("Enter");
      for (const one of [ann, bea]) {
        const row = shown(one, "look <b>here</b>");
        await row.and(one.page.locator("[data-seq]")).waitFor();
        assert.equal(await one.page.locator("#rows .message").count(), 1, "one message");
        const [picture, text] = [
          await row.locator(".gif").boundingBox(),
          await row.locator(".message__text").boundingBox(),
        ];
        assert.ok(text.y >= picture.y + picture.height, "under the picture");
      }
      assert.equal(await asks(), before);
      assert.equal(await ann.page.locator("#chat").inputValue(), "");
      await bea.page.reload();
      await shown(bea, "look <b>here</b>").waitFor();
    },
  );
}

scene("what was to be said with a file that is none goes with the next one, or comes back", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(/status of 422/);
  await makeRoom(ann);
  const whole = gif({ frames: 4 });
  const cut = whole.subarray(0, whole.length - 40);
  await choose(ann, { name: "cut.gif", bytes: cut }, { name: "good.gif", bytes: whole });
  await eventually(async () => (await ann.page.locator("#queue .upload").count()) === 2);
  await ann.page.fill("#chat", "with the second");
  await ann.page.press("#chat", "Enter");
  await shown(ann, "with the second").and(ann.page.locator("[data-seq]")).waitFor();
  assert.equal(await ann.page.locator("#rows .message").count(), 1);
  // The message may come before the answer to its upload.
  await eventually(async () => (await ann.page.locator("#queue .upload").count()) === 1);
  await ann.page.locator("#queue [data-do=cancel]").click();
  await choose(ann, { name: "cut.gif", bytes: cut });
  await ann.page.fill("#chat", "with none");
  await ann.page.press("#chat", "Enter");
  await eventually(async () => (await ann.page.locator("#chat").inputValue()) === "with none", "it comes back");
  await reads(ann.page.locator("#queue .upload__why"), "This GIF is damaged (it ends too early). Try saving it again.");
});
