// Leaving a room: with a line only, and asked where the room may go.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { hasFocus } from "../support/focus.js";
import { NO_LINE, enter, inside, makeRoom, reads, row, say, sees } from "../support/pages.js";
import { words } from "../support/words.js";

useChromium();

/** @param {WithPage} visitor */
const dialog = ({ page }) => page.locator("#leave-dialog[open]");
/** @param {WithPage} visitor */
const leave = ({ page }) => page.click("#exit-btn");

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);

  scene(
    `without a line one is told so and stays in the room, and leaves once it is back (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea" })];
      ann.allow(...NO_LINE, /ERR_/);
      const id = await makeRoom(bea);
      await enter(ann, id);
      await ann.context.setOffline(true);
      await leave(ann);
      const notice = ann.page.locator("#notices .banner__says", { hasText: says("talk.no_line") });
      await notice.waitFor();
      assert.ok(ann.page.url().endsWith(`/room/${id}`));
      await ann.context.setOffline(false);
      await notice.waitFor({ state: "detached" });
      await say(ann, "still here");
      await sees(bea, "still here");
      await leave(ann);
      await ann.page.waitForURL("/");
      await reads(bea.page.locator("#members-count"), "1/10");
    },
  );

  scene(`who leaves while all others are away is told that the room may go (${locale})`, [], async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea" })];
    bea.allow(...NO_LINE);
    const id = await makeRoom(ann);
    await enter(bea, id);
    await bea.context.setOffline(true);
    await ann.page.locator("#members-list .member--away").waitFor();
    await leave(ann);
    await dialog(ann).waitFor();
    await reads(ann.page.locator("#leave-title"), says("leave.away_title"));
    await reads(ann.page.locator("#leave-text"), says("leave.away_text"));
    await hasFocus(ann, dialog(ann).getByRole("button", { name: says("leave.stay") }), "to stay is near");
    await ann.page.keyboard.press("Enter");
    await dialog(ann).waitFor({ state: "detached" });
    await leave(ann);
    await dialog(ann)
      .getByRole("button", { name: says("leave.leave"), exact: true })
      .click();
    await ann.page.waitForURL("/");
    // It lives on for who is away.
    await row(ann, id).waitFor();
    await bea.context.setOffline(false);
    await inside(bea);
    await say(bea, "I am back");
    await sees(bea, "I am back");
  });
}

scene("who is in the room with another tab is not asked, as the room stays", ["--room-grace", "1s"], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const id = await makeRoom(ann);
  const tab = { page: await ann.context.newPage() };
  await enter(tab, id);
  await say(tab, "from both");
  await sees(ann, "from both");
  await leave(ann);
  await ann.page.waitForURL("/");
  await row(ann, id).waitFor();
  // The last one asks.
  await leave(tab);
  await dialog(tab).waitFor();
  await reads(tab.page.locator("#leave-text"), words("en-US")("leave.text"));
  await dialog(tab).getByRole("button", { name: "Leave", exact: true }).click();
  await tab.page.waitForURL("/");
  await row(ann, id).waitFor({ state: "detached" });
});
