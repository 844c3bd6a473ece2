// What an owner changes about a room: the form, and what everybody reads of it in the conversation.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { enter, inside, makeRoom, namesOf, reads } from "../support/pages.js";
import { words } from "../support/words.js";

useChromium();

scene(
  "everybody reads in the conversation what the owner changed, each in their language, also after a reload",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea", locale: "ko-KR" })];
    await enter(bea, await makeRoom(ann));
    const { page } = ann;
    /** @param {() => unknown} act */
    const change = async (act) => {
      await page.click("#edit-btn");
      await act();
      await page.click("#edit-form [type=submit]");
      await page.locator("#edit-dialog").waitFor({ state: "hidden" });
    };
    const names = await namesOf(ann);
    /** @param {string} key */
    const told = async (key) => {
      for (const { one, locale, name } of [
        { one: ann, locale: "en-US", name: names.en },
        { one: bea, locale: "ko-KR", name: names.ko },
      ]) {
        await reads(one.page.locator("#rows .system > span").last(), words(locale)(key, { name }));
      }
    };
    await change(() => page.fill("#edit-form [name=title]", "renamed"));
    await told("line.renamed");
    await change(() => page.fill("#edit-form [name=password]", "sesame"));
    await told("line.locked");
    await change(() => page.check("#edit-form [name=open]"));
    await told("line.unlocked");
    await change(() => page.fill("#edit-form [name=slow]", "9"));
    await told("line.slowed");
    await change(() => page.check("#edit-form [name=closed]"));
    await told("line.closed");
    await change(() => page.uncheck("#edit-form [name=closed]"));
    await told("line.opened");
    await change(async () => {
      await page.fill("#edit-form [name=slow]", "0");
      await page.check("#edit-form [name=closed]");
    });
    await told("line.changed");
    const count = await page.locator("#rows .system").count();
    await change(() => page.fill("#edit-form [name=max]", "9"));
    await reads(bea.page.locator("#room-people"), words("ko-KR")("chat.people", { count: 2, max: 9 }));
    assert.equal(await page.locator("#rows .system").count(), count, "the seats stand in the bar");
    await bea.page.reload();
    await inside(bea);
    await told("line.changed");
  },
);

scene("on a phone the settings show that they go on below, until one is at their end", [], async (stage) => {
  const ann = await stage.visitor({
    name: "ann",
    viewport: { width: 390, height: 640 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = ann;
  await makeRoom(ann);
  await page.locator("#members-btn").tap();
  await page.locator("#edit-btn").tap();
  const body = page.locator("#edit-dialog .sheet__body");
  await body.waitFor();
  assert.ok(await body.evaluate((box) => box.scrollHeight > box.clientHeight), "it scrolls");
  // The last line of pixels of what scrolls, beside everything in it.
  const edge = async () => {
    const { x, y, width, height } = await body.boundingBox();
    return (await page.screenshot({ clip: { x: x + width / 2, y: y + height - 2, width: 8, height: 2 } })).toString(
      "base64",
    );
  };
  const [more, line] = [await edge(), await body.evaluate((box) => getComputedStyle(box).borderBlockEndWidth)];
  assert.notEqual(line, "0px", "a line parts it from the buttons");
  await body.evaluate((box) => box.scrollTo(0, box.scrollHeight));
  assert.notEqual(await edge(), more, "the shadow is gone");
  assert.deepEqual(await audit(page), []);
});
