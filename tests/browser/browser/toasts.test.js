// What came of something one did is shown to everybody, not to screen readers alone, and can be taken back where it can.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { enter, makeRoom, message, reads, say, sees, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const says = words("en-US");
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** @param {WithPage} visitor */
const toasts = ({ page }) => page.locator("#toasts .banner");
/**
 * @param {PageVisitor} visitor
 * @param {string} text
 */
const toast = (visitor, text) =>
  toasts(visitor).filter({ has: visitor.page.locator(".banner__says", { hasText: text }) });

/**
 * @param {WithPage} visitor
 * @param {Locator} subject
 * @param {string} entry
 */
async function does({ page }, subject, entry) {
  await subject.hover();
  await subject.locator(".more").click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

/**
 * Ann's room with Bea in it, who has said some words.
 * @param {Stage} stage
 * @param {object} look
 */
async function two(stage, look = {}) {
  const [ann, bea] = [await stage.visitor({ name: "ann", ...look }), await stage.visitor({ name: "bea" })];
  bea.allow(/status of 403/);
  await enter(bea, await makeRoom(ann));
  for (const text of ["one", "two"]) {
    await say(bea, text);
    await sees(ann, text);
  }
  const { id, called: name } = await selfOf(bea);
  return { ann, bea, name, member: ann.page.locator(`#members-list [data-id="${id}"]`) };
}

scene("muting shows a toast whose Undo hears them again, and hands the focus back", [], async (stage) => {
  const { ann, name } = await two(stage);
  await does(ann, message(ann, "one"), says("mute.mute"));
  const muted = toast(ann, says("mute.done", { name }));
  await muted.waitFor();
  assert.deepEqual(await audit(ann.page), []);
  await muted.getByRole("button", { name: says("talk.undo"), exact: true }).click();
  await toast(ann, says("mute.undone", { name })).waitFor();
  await muted.waitFor({ state: "detached" });
  await message(ann, "one").locator(".message__text").waitFor();
  await eventually(() => ann.page.evaluate(() => document.activeElement !== document.body), "the focus is somewhere");
});

scene("a ban is taken back from its toast, and what an owner deletes is told", [], async (stage) => {
  const { ann, bea, name, member } = await two(stage);
  await does(ann, message(ann, "one"), says("moderation.delete"));
  await ann.page.click("#deed-do");
  await toast(ann, says("moderation.delete_done")).waitFor();
  await does(ann, member, says("moderation.ban"));
  await ann.page.click("#deed-do");
  const banned = toast(ann, says("moderation.ban_done", { name }));
  await banned.getByRole("button", { name: says("talk.undo"), exact: true }).click();
  await toast(ann, says("moderation.unban_done", { name })).waitFor();
  await reads(bea.page.locator("#notices .banner__says"), says("error.banned"));
  await bea.page.goto(bea.page.url());
  await member.waitFor();
});

scene(
  "three toasts at most stand over the composer, wait while one points at them, and go by themselves",
  [],
  async (stage) => {
    const { ann } = await two(stage);
    const { page, context } = ann;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.clock.install();
    for (let n = 0; n < 4; n += 1) await does(ann, message(ann, "two"), says("talk.copy"));
    await eventually(async () => (await toasts(ann).count()) === 3, "three are shown");
    await eventually(async () => {
      const [last, composer] = [await toasts(ann).last().boundingBox(), await page.locator("#chat-form").boundingBox()];
      return last.y + last.height <= composer.y;
    }, "they stand over the composer");
    await toasts(ann).last().hover();
    await page.clock.runFor(20_000);
    assert.equal(await toasts(ann).count(), 3, "who reads them keeps them");
    await page.mouse.move(1, 1);
    await page.clock.runFor(20_000);
    await eventually(async () => (await toasts(ann).count()) === 0, "then they go");
    assert.equal(await page.locator("#toasts").count(), 0);
  },
);

scene("on a phone a toast lies over the list of people and can be used there", [], async (stage) => {
  const { ann, name, member } = await two(stage, PHONE);
  await ann.page.locator("#members-btn").tap();
  await member.locator(".more").tap();
  await ann.page.getByRole("menuitem", { name: says("mute.mute"), exact: true }).tap();
  const muted = toast(ann, says("mute.done", { name }));
  await muted.getByRole("button", { name: says("talk.undo"), exact: true }).tap();
  await toast(ann, says("mute.undone", { name })).waitFor();
  assert.equal(await ann.page.locator("#members:popover-open").count(), 1, "the list stays open");
});

scene("in a dialog a toast stands inside it, and stays when the dialog closes", [], async (stage) => {
  const { ann, name, member } = await two(stage);
  await does(ann, member, says("moderation.ban"));
  await ann.page.click("#deed-do");
  await ann.page.click("#edit-btn");
  await ann.page.locator("#bans-list button").click();
  const lifted = toast(ann, says("moderation.unban_done", { name }));
  await ann.page.locator("#edit-dialog #toasts").waitFor();
  await lifted.waitFor();
  await ann.page.keyboard.press("Escape");
  await ann.page.locator("main #toasts").waitFor();
  await lifted.waitFor();
});
