// What stands in and around a message on a phone covers nothing of what was said.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { enter, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";

useChromium();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A room of somebody who says things without a browser, and a visitor in it. */
async function roomOf(stage, options) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "rows" });
  await bea.enter(id);
  const ann = await stage.visitor({ name: "ann", ...options });
  await enter(ann, id);
  return { ann, bea, id };
}

/** How much two elements lie over each other, in px. */
const overlap = (one, other) => one.evaluate((first, second) => {
  const [a, b] = [first, second].map((part) => part.getBoundingClientRect());
  return Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
}, other);

for (const width of [320, 390]) {
  scene(`the menu of a message with a GIF covers nothing of it, however flat or small (${width} px)`, [], async (stage) => {
    const { ann, bea } = await roomOf(stage, { ...PHONE, viewport: { width, height: 844 } });
    const looks = { flat: [400, 30], wide: [480, 200], tall: [120, 300], tiny: [24, 8] };
    for (const [alt, [wide, high]] of Object.entries(looks)) {
      await bea.sendGif(alt, { width: wide, height: high });
      const figure = await seesGif(ann, alt);
      const more = figure.locator("xpath=following-sibling::button");
      assert.ok(await more.isVisible());
      for (const part of [".gif__frame", ".gif__size"]) {
        assert.equal(await overlap(more, await figure.locator(part).elementHandle()), 0, `${alt}: the menu lies on ${part}`);
      }
      assert.ok((await more.boundingBox()).x + (await more.boundingBox()).width <= width, `${alt}: the menu is inside the page`);
    }
  });
}
