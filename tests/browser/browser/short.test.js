// A page of little height: a phone with its keyboard open, or a page enlarged to 400 % (WCAG 2.2, 1.4.10).
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { choose, makeRoom, say, sees } from "../support/pages.js";

useChromium();

for (const { width, height, locale } of [
  { width: 320, height: 256, locale: "en-US" },
  { width: 390, height: 400, locale: "ko-KR" },
  { width: 844, height: 390, locale: "en-US" },
]) {
  scene(
    `at ${width} × ${height} px half of the height is conversation, and one has room to write (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({
        name: "ann",
        locale,
        viewport: { width, height },
        hasTouch: true,
        isMobile: true,
      });
      const { page } = ann;
      await makeRoom(ann, { title: "A room with a rather long title, so long" });
      await say(ann, "hello");
      await sees(ann, "hello");
      const field = page.locator("#chat");
      for (const writes of [true, false]) {
        await (writes ? field.focus() : field.blur());
        const share = await page.evaluate(() => document.getElementById("chat-list").clientHeight / innerHeight);
        assert.ok(share >= 0.5, `the conversation has ${share} of the height`);
        const room = await field.evaluate(({ clientWidth }) => clientWidth);
        assert.ok(room >= (writes ? 150 : 80), `the field is ${room} px wide`);
        for (const tool of ["#tray-btn", "#motion-btn"]) assert.equal(await page.locator(tool).isVisible(), !writes);
      }
      if (height < 300) return;
      await choose(
        ann,
        { name: "a.gif", bytes: gif() },
        { name: "b.txt", bytes: Buffer.from("no GIF") },
        { name: "c.gif", bytes: gif() },
      );
      await page.locator("#queue .upload").nth(2).waitFor();
      const share = await page.evaluate(() => document.getElementById("chat-list").clientHeight / innerHeight);
      assert.ok(share >= 0.5, `with GIFs on their way it has ${share} of the height`);
      assert.equal(
        await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
        false,
        "nothing scrolls sideways",
      );
    },
  );
}
