// What one writes to each person when one whispers with several.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { enter, inside, intercept, makeRoom, reads } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/** @param {WithPage} visitor */
const idOf = ({ page }) => page.evaluate(() => document.body.dataset.me);

/**
 * @param {WithPage} visitor
 * @param {string} id
 */
async function whisperTo({ page }, id) {
  await page.locator(`#members-list [data-id="${id}"] .more`).click();
  await page.locator("#menu").getByRole("menuitem", { name: "Whisper" }).click();
  await page.locator("#whisper[open]").waitFor();
}

scene(
  "what is written to one person waits for that person, through a reload, and is never sent to another",
  [],
  async (stage) => {
    const [ann, bea, eve] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "eve" }),
    ];
    const room = await makeRoom(ann);
    await enter(bea, room);
    await enter(eve, room);
    const [beas, eves] = [await idOf(bea), await idOf(eve)];
    const { page } = ann;
    const [field, chip] = [page.locator("#whisper-text"), page.locator("#whisper-file")];

    await whisperTo(ann, beas);
    await field.fill("for bea alone");
    await page.setInputFiles("#whisper-gif", { name: "bea.gif", mimeType: "image/gif", buffer: gif() });
    await chip.waitFor();
    await page.keyboard.press("Escape");
    await whisperTo(ann, eves);
    assert.equal(await field.inputValue(), "");
    assert.equal(await chip.isVisible(), false);

    // While a GIF to bea is on its way, eve is written to as ever.
    await page.keyboard.press("Escape");
    await whisperTo(ann, beas);
    assert.equal(await field.inputValue(), "for bea alone");
    await reads(chip.locator("span"), "bea.gif");
    /** @type {(value?: unknown) => void} */
    let go = () => {};
    const held = new Promise((done) => {
      go = done;
    });
    await intercept(ann, "**/whisper/gif", async (route) => {
      await held;
      await route.continue();
    });
    await field.press("Enter");
    await reads(page.locator("#whisper-note"), /^Sending/);
    await page.keyboard.press("Escape");
    await whisperTo(ann, eves);
    await field.fill("for eve");
    await field.press("Enter");
    await reads(page.locator("#whisper-log .message__text"), "for eve");
    await field.fill("more for eve");
    await page.setInputFiles("#whisper-gif", { name: "eve.gif", mimeType: "image/gif", buffer: gif() });
    go();
    await bea.page.locator("#whispers-news").click();
    await reads(bea.page.locator("#whisper-log .message:has(.gif) .message__text"), "for bea alone");
    await reads(chip.locator("span"), "eve.gif");
    assert.equal(await field.inputValue(), "more for eve");

    await page.reload();
    await inside(ann);
    await whisperTo(ann, eves);
    await eventually(async () => (await field.inputValue()) === "more for eve", "what was written is still there");
    await page.keyboard.press("Escape");
    await whisperTo(ann, beas);
    assert.equal(await field.inputValue(), "", "what was sent is not");
  },
);
