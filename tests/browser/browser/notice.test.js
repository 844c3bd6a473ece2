// How a notice stands on a phone.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { enter, inside, reads } from "../support/pages.js";
import { words } from "../support/words.js";

useChromium();

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  for (const width of [320, 390]) {
    scene(
      `at ${width} px the ring of the focus in a notice touches none of its words (${locale})`,
      [],
      async (stage) => {
        const ann = await stage.visitor({ name: "ann", locale, viewport: { width, height: 844 } });
        const [owner] = await arrive(stage.server, 1);
        const id = await owner.makeRoom();
        await owner.enter(id);
        await enter(ann, id);
        await inside(ann);
        await ann.page.focus("#chat");
        await owner.moderate("kick", { visitor: await ann.page.evaluate(() => document.body.dataset.me) });
        const notice = ann.page.locator("#notices .banner");
        await reads(notice.locator(".banner__says"), says("error.kicked"));
        const link = notice.getByRole("link", { name: says("site.see_rooms") });
        await hasFocus(ann, link, "the way on has the focus");
        const [ring, lines] = await link.evaluate((one) => {
          const { outlineOffset, outlineWidth } = getComputedStyle(one);
          const out = Math.max(0, parseFloat(outlineOffset) + parseFloat(outlineWidth));
          const { top, left } = one.getBoundingClientRect();
          const range = document.createRange();
          range.selectNodeContents(one.closest(".banner").querySelector(".banner__text"));
          return [
            { top: top - out, left: left - out },
            [...range.getClientRects()].map(({ bottom, right }) => ({ bottom, right })),
          ];
        });
        for (const { bottom, right } of lines)
          assert.ok(bottom <= ring.top || right <= ring.left, JSON.stringify([ring, bottom, right]));
        owner.end();
      },
    );
  }
}
