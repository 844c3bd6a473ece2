// What stands in and around a message on a phone covers nothing of what was said.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { enter, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";

useChromium();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * A room of somebody who says things without a browser, and a visitor in it.
 * @param {Stage} stage
 * @param {object} options
 */
async function roomOf(stage, options) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "rows" });
  await bea.enter(id);
  const ann = await stage.visitor({ name: "ann", ...options });
  await enter(ann, id);
  return { ann, bea, id };
}

/**
 * How much two elements lie over each other, in px.
 * @param {Locator} one
 * @param {object} other
 */
const overlap = (one, other) =>
  one.evaluate((first, /** @type {any} */ second) => {
    const [a, b] = [first, second].map((part) => part.getBoundingClientRect());
    return (
      Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
      Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))
    );
  }, other);

for (const width of [320, 390]) {
  scene(
    `the menu of a message with a GIF covers nothing of it, however flat or small (${width} px)`,
    [],
    async (stage) => {
      const { ann, bea } = await roomOf(stage, { ...PHONE, viewport: { width, height: 844 } });
      const looks = { flat: [400, 30], wide: [480, 200], tall: [120, 300], tiny: [24, 8] };
      for (const [alt, [wide, high]] of Object.entries(looks)) {
        await bea.sendGif(alt, { width: wide, height: high });
        const figure = await seesGif(ann, alt);
        const more = figure.locator("xpath=following-sibling::button");
        assert.ok(await more.isVisible());
        for (const part of [".gif__frame", ".gif__size"]) {
          assert.equal(
            await overlap(more, await figure.locator(part).elementHandle()),
            0,
            `${alt}: the menu lies on ${part}`,
          );
        }
        assert.ok(
          (await more.boundingBox()).x + (await more.boundingBox()).width <= width,
          `${alt}: the menu is inside the page`,
        );
      }
    },
  );
}

/**
 * The px between the last word of a bubble and its check, and whether all of the check is on the bubble.
 * @param {Locator} bubble
 */
const check = (bubble) =>
  bubble.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const word = range.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element, "::after");
    const [right, bottom, wide, high] = [style.right, style.bottom, style.width, style.height].map(parseFloat);
    const [end, foot] = [box.right - right, box.bottom - bottom];
    const corners = [
      [end - wide, foot - high],
      [end, foot - high],
      [end - wide, foot],
      [end, foot],
    ];
    return {
      free: end - wide - word.right,
      // What is beside a round corner is not on the bubble.
      inside: corners.every(([x, y]) => document.elementFromPoint(x, y) === element),
    };
  });

for (const [locale, word] of [
  ["en-US", "ferry "],
  ["ko-KR", "나루i터"],
]) {
  scene(`the check of what was sent stands on its bubble, beside the last word (${locale})`, [], async (stage) => {
    const { ann } = await roomOf(stage, { ...PHONE, locale });
    const { page } = ann;
    for (let n = 1; n < 30; n += 1) {
      const text = `${n} ${word.repeat(12)}`.slice(0, n < 3 ? n : 20 + n);
      await page.fill("#chat", text);
      await page.press("#chat", "Enter");
      const sent = page.locator("#rows .mine[data-state=sent]");
      await sent.nth(n - 1).waitFor();
      // What comes in moves a little until it has its place.
      await sent.last().evaluate((row) => Promise.all(row.getAnimations().map(({ finished }) => finished)));
      const { free, inside } = await check(sent.last().locator(".message__text"));
      assert.ok(free >= 4, `${text}: ${free} px are between it and the last word`);
      assert.ok(inside, `${text}: it is beside the corner of the bubble`);
    }
  });
}
