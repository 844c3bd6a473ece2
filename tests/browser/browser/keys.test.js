// Where the keyboard is in a room: at the message box, and in the conversation, which is one stop of the Tab key.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { ball, gif } from "../support/gif.js";
import { atRest } from "../support/fingers.js";
import { hasFocus } from "../support/focus.js";
import { enter, message, reads, say, sees, seesGif } from "../support/pages.js";
import { Visitor, ask } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const says = words("en-US");

/**
 * A room with a GIF and twelve links, and Ann in it.
 * @param {Stage} stage
 * @param {object} look
 */
async function lively(stage, look = {}) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ title: "keys" });
  const socket = await owner.enter(id);
  for (let n = 1; n <= 12; n += 1) await ask(socket, "chat", { chat: `line ${n} https://example.org/${n}` });
  const ann = await stage.visitor({ name: "ann", locale: "en-US", ...look });
  await enter(ann, id);
  return {
    ann,
    owner,
    id,
    field: ann.page.locator("#chat"),
    log: ann.page.locator("#chat-list"),
    /** @param {string} key */
    press: (key) => ann.page.keyboard.press(key),
  };
}

/**
 * Into the conversation, to the newest message; the script of its keys comes then.
 * @param {WithPage} visitor
 */
async function go({ page }) {
  await page.locator("#chat-list").evaluate(atRest);
  await page.locator("#chat-list").focus();
  await eventually(async () => {
    // Down: until the script is there the key scrolls the list, which is at its end.
    await page.keyboard.press("ArrowDown");
    return page.evaluate(() => document.activeElement.matches("#chat-list .message"));
  }, "the arrows lead to the newest message");
}

scene("who enters a room writes at once, and the conversation is one stop of the Tab key", [], async (stage) => {
  const { ann, owner, field, log, press } = await lively(stage);
  await hasFocus(ann, field, "one writes at once");
  const [skip, way] = [ann.page.getByRole("link", { name: says("chat.skip") }), ann.page.locator("#exit-btn")];
  for (let n = 0; !(await log.evaluate((list) => list === document.activeElement)); n += 1) {
    assert.ok(n < 8, "the conversation is near");
    await press("Shift+Tab");
  }
  await press("Shift+Tab");
  assert.equal(
    await log.evaluate((list) => list.contains(document.activeElement)),
    false,
    "one stop, and one is past it",
  );
  while (!(await skip.evaluate((link) => link === document.activeElement))) await press("Shift+Tab");
  assert.ok(await way.isVisible());
  await press("Enter");
  await hasFocus(ann, field, "the second way past leads there");
  owner.end();
});

scene("in the conversation the arrows go from message to message and into one, and back", [], async (stage) => {
  const { ann, owner, id, log, press } = await lively(stage);
  await owner.sendGif(id, { bytes: gif({ paint: ball }), alt: "a wave" });
  await seesGif(ann, "a wave");
  await go(ann);
  const last = ann.page.locator("#chat-list .message").last();
  await hasFocus(ann, last, "the newest in sight");
  await press("ArrowRight");
  await hasFocus(ann, last.locator(".gif__open"), "its first part");
  await press("ArrowLeft");
  await hasFocus(ann, last, "the message again");
  for (let n = 0; n < 12; n += 1) await press("ArrowUp");
  const first = message(ann, "line 1 https");
  await hasFocus(ann, first, "the first");
  await press("ArrowRight");
  await hasFocus(ann, first.locator("a"), "a link in a text");
  await press("ArrowDown");
  await hasFocus(ann, message(ann, "line 2 https"), "from a part to the next message");
  await press("Enter");
  const menu = ann.page.getByRole("menu");
  await menu.waitFor();
  await press("Escape");
  await menu.waitFor({ state: "hidden" });
  await hasFocus(ann, message(ann, "line 2 https"), "the menu gives the focus back");
  await press("Escape");
  await hasFocus(ann, log, "out of the message, to the conversation");
  await press("Tab");
  assert.equal(await log.evaluate((list) => list.contains(document.activeElement)), false);
  owner.end();
});

scene("whoever types in the conversation writes, with the first letter", [], async (stage) => {
  const { ann, owner, field, log, press } = await lively(stage);
  await go(ann);
  await ann.page.keyboard.type("hello there");
  await hasFocus(ann, field, "one writes");
  assert.equal(await field.inputValue(), "hello there");
  await press("Enter");
  await sees(ann, "hello there");
  // Keys with a meaning of their own keep it.
  await log.focus();
  await press("Control+a");
  await press(" ");
  await hasFocus(ann, log, "the space bar turns a page");
  owner.end();
});

scene("on a phone the keyboard stays away until one writes", [], async (stage) => {
  const { ann, owner } = await lively(stage, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await say(ann, "hi");
  await sees(ann, "hi");
  await ann.page.reload();
  await sees(ann, "hi");
  await reads(ann.page.locator("#room-people"), /2/);
  assert.equal(await ann.page.evaluate(() => document.activeElement.tagName), "BODY");
  owner.end();
});
