// Where the focus is and what is said when a part of the page goes that had it.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { choose, enter, makeRoom, message, reads, say, sees, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/** @param {WithPage} visitor */
const idOf = ({ page }) => page.evaluate(() => document.body.dataset.me);
/**
 * @param {WithPage} visitor
 * @param {string} selector
 */
const focused = ({ page }, selector) =>
  eventually(() => page.evaluate((is) => document.activeElement.matches(is), selector), `the focus is at ${selector}`);

scene("who mutes by keyboard stands at the button that undoes it, and hears of it each time", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await enter(bea, await makeRoom(ann));
  await say(bea, "noise");
  await sees(ann, "noise");
  const { page } = ann;
  /** @type {string[]} */
  const said = [];
  await page.exposeFunction("heard", (/** @type {string} */ text) => said.push(text));
  await page.evaluate(() =>
    new MutationObserver(() => {
      const text = document.getElementById("announcer").textContent;
      if (text) window.heard(text);
    }).observe(document.getElementById("announcer"), { childList: true }),
  );
  /**
   * @param {string} words
   * @param {number} times
   */
  const told = (words, times) =>
    eventually(() => said.filter((text) => text.includes(words)).length === times, `${words}: ${times}`);
  for (const times of [1, 2]) {
    await message(ann, "noise").locator(".more").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Mute" }).focus();
    await page.keyboard.press("Enter");
    await focused(ann, ".message__muted button");
    await told("is muted.", times);
    await page.keyboard.press("Enter");
    await focused(ann, ".message .more");
    await told("is unmuted.", times);
  }
});

scene(
  "a GIF that is deleted while it has the focus leaves it at its message, which offers no report of nothing",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    // A page may ask for the GIF the moment it goes.
    for (const one of [ann, bea]) one.allow(/status of 404/);
    await enter(bea, await makeRoom(ann));
    await choose(bea, { name: "sea.gif", bytes: gif() });
    await bea.page.locator("#queue .upload__alt").fill("a sea");
    await bea.page.locator("#queue .upload__alt").press("Enter");
    await seesGif(ann, "a sea");
    await ann.page.locator("#chat-list .gif__open").focus();
    await ann.page.evaluate(async () => {
      const { room } = document.body.dataset;
      const { id } = document.querySelector("#chat-list .message").dataset;
      await fetch(`/room/${room}/moderate`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ action: "delete", message: id }),
      });
    });
    await reads(ann.page.locator(".message__gone"), "This message was deleted.");
    await focused(ann, ".message .more");
    await ann.page.keyboard.press("Enter");
    await ann.page.locator("#menu").waitFor();
    const offered = (await ann.page.getByRole("menuitem").allInnerTexts()).map((text) => text.trim());
    assert.ok(offered.length > 0 && !offered.some((text) => /Copy|Report|Delete message/.test(text)), `${offered}`);
  },
);

scene("what is said while a dialog is open is said inside it, where it can be heard", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await enter(bea, await makeRoom(ann));
  await ann.page.click("#edit-btn");
  await ann.page.locator("dialog[open]").waitFor();
  await bea.page.locator(`#members-list [data-id="${await idOf(ann)}"] .more`).click();
  await bea.page.getByRole("menuitem", { name: "Whisper" }).click();
  await bea.page.fill("#whisper-text", "psst");
  await bea.page.press("#whisper-text", "Enter");
  await reads(ann.page.locator("dialog[open] #announcer"), /whispered to you/);
});
