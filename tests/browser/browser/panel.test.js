// Toasts in the open panel of people.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { makeRoom } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const WAYS = ["#reports-btn", "#edit-btn", "#notify-btn", "#theme-btn", ".members__close", ".members__title"];

for (const { locale, height } of [
  { locale: "en-US", height: 844 },
  { locale: "ko-KR", height: 844 },
  { locale: "en-US", height: 640 },
]) {
  scene(`on a phone of ${height} px a toast covers nothing in the panel of people (${locale})`, [], async (stage) => {
    const says = words(locale);
    const ann = await stage.visitor({
      name: "ann",
      locale,
      viewport: { width: 390, height },
      hasTouch: true,
      isMobile: true,
    });
    const id = await makeRoom(ann);
    const guests = await arrive(stage.server, 5);
    for (const guest of guests) await guest.enter(id);
    const { _id } = await guests[0].say("a rude word");
    await ann.page.locator("#members-btn").tap();
    const panel = ann.page.locator("#members:popover-open");
    await panel.waitFor();
    await guests[1].report(_id, "rude");
    const toast = ann.page.locator("#toasts .banner", { hasText: says("report.came") });
    await toast.waitFor();
    for (const way of WAYS) {
      const target = panel.locator(way);
      if (!(await target.count()) || !(await target.isVisible())) continue;
      await eventually(
        () =>
          target.evaluate((one) => {
            const { left, right, top, bottom } = one.getBoundingClientRect();
            const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
            return one.contains(hit);
          }),
        `${way} is not covered`,
        3_000,
      );
    }
    assert.ok(await toast.evaluate((one) => one.getBoundingClientRect().bottom <= innerHeight), "and it is seen");
    await panel.locator("#reports-btn").tap();
    await ann.page.locator("#reports[open]").waitFor();
    for (const guest of guests) guest.end();
  });
}
