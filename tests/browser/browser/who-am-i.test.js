// On a phone the list of people is closed; the bar of the room still says who one is.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { makeRoom, selfOf } from "../support/pages.js";
import { words } from "../support/words.js";

useChromium();

for (const locale of ["en-US", "ko-KR"]) {
  scene(`the bar of a room shows on a phone who one is, and has room for it (${locale})`, [], async (stage) => {
    const says = words(locale);
    const ann = await stage.visitor({
      name: "ann",
      locale,
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await makeRoom(ann, { title: "An evening of boats, seas and ferries", max: 50 });
    const { called } = await selfOf(ann);
    const me = ann.page.locator(".talk__bar").getByRole("img", { name: `${says("site.me")}: ${called}`, exact: true });
    for (const width of [390, 320]) {
      await ann.page.setViewportSize({ width, height: 844 });
      assert.ok(await me.isVisible());
      const parts = await ann.page.$$eval(".talk__bar > *", (all) =>
        all
          .filter((part) => part.checkVisibility())
          .map((part) => {
            const { left, right, top, bottom } = part.getBoundingClientRect();
            return { left, right, top, bottom };
          }),
      );
      for (const [n, part] of parts.entries()) {
        assert.ok(
          part.left >= (parts[n - 1]?.right ?? 0) && part.right <= width,
          `part ${n} has its place at ${width} px: ${JSON.stringify(part)}`,
        );
      }
      const facts = await ann.page.$eval(
        "#room-people",
        (part) => part.getBoundingClientRect().right <= part.parentElement.getBoundingClientRect().right,
      );
      assert.ok(facts, "how many are here is not cut");
      assert.ok((await ann.page.locator("#room-title").boundingBox()).width >= 64, "the title keeps some room");
      assert.equal(await ann.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    }
    await ann.page.setViewportSize({ width: 1280, height: 800 });
    assert.equal(await me.isVisible(), false, "a desk has the list of people for it");
  });
}
