// Messages that one does not want to see: muted, or reported to the owner.
import assert from "node:assert/strict";
import { keep, scene, useChromium } from "../support/chrome.js";
import { enter, fromMenu, inside, makeRoom, message, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

scene(
  "a muted person's messages fold to one line here, stay folded after a reload, and open again",
  [],
  async (stage) => {
    const [ann, bea, eve] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "eve" }),
    ];
    const id = await makeRoom(ann);
    await enter(bea, id);
    await enter(eve, id);
    await say(bea, "noise");
    await sees(ann, "noise");
    await sees(eve, "noise");
    await fromMenu(ann, "noise", "Mute");
    await say(bea, "more noise");
    await eventually(async () => (await ann.page.locator(".message--muted").count()) === 2, "both are folded");
    await keep(ann, "talk-muted");
    assert.equal(await message(ann, "noise").first().locator(".message__text").isVisible(), false);
    assert.equal(await eve.page.locator(".message--muted").count(), 0, "nobody else knows");
    await ann.page.reload();
    await inside(ann);
    await eventually(async () => (await ann.page.locator(".message--muted").count()) === 2, "also after a reload");
    await ann.page.locator(".message__muted button").first().click();
    await eventually(async () => (await ann.page.locator(".message--muted").count()) === 0, "all are shown again");
    assert.ok(await message(ann, "more noise").locator(".message__text").isVisible());
  },
);

scene("a report reaches the owner at once, who sees the message and dismisses it", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const [bea, eve] = [
    await stage.visitor({ name: "bea", viewport: { width: 390, height: 800 } }),
    await stage.visitor({ name: "eve" }),
  ];
  const id = await makeRoom(ann);
  await enter(bea, id);
  await enter(eve, id);
  await say(eve, "something bad");
  await sees(bea, "something bad");
  await fromMenu(bea, "something bad", "Report");
  await reads(bea.page.locator("#report-about"), "something bad");
  await bea.page.fill("#report-reason", "it is rude");
  await keep(bea, "talk-report");
  await bea.page.press("#report-reason", "Enter");
  await bea.page.locator("#report[open]").waitFor({ state: "detached" });
  await reads(ann.page.locator("#reports-count"), "1");
  for (const one of [bea, eve]) assert.equal(await one.page.locator("#reports-btn").isVisible(), false);
  await ann.page.reload();
  await inside(ann);
  await reads(ann.page.locator("#reports-count"), "1");
  await ann.page.click("#reports-btn");
  const entry = ann.page.locator("#reports-list > li");
  await reads(entry.locator("blockquote"), "something bad");
  assert.match(await entry.innerText(), /it is rude/);
  await keep(ann, "talk-reports");
  await entry.getByRole("button", { name: "Dismiss" }).click();
  await reads(ann.page.locator("#reports-note"), "No reports.");
  await reads(ann.page.locator("#reports-count"), "");
});
