// The tray of recent GIFs: the first choice of one plays it and offers to send it, the second sends it.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { enter } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/**
 * A room with two GIFs, `a sea` and the later `a lake`, and a page of it with the tray open.
 * @param {Stage} stage
 * @param {VisitorOptions} options
 */
async function trayOf(stage, { locale = "en-US", ...options } = {}) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "tray" });
  await bea.enter(id);
  for (const alt of ["a sea", "a lake"]) await bea.sendGif(alt, { width: 200, height: 150, frames: 2 });
  const ann = await stage.visitor({ name: "ann", locale, ...options });
  await enter(ann, id);
  const says = words(locale);
  const opener = ann.page.getByRole("button", { name: says("tray.open"), exact: true });
  await opener.click();
  const tray = ann.page.getByRole("dialog", { name: says("tray.title"), exact: true });
  /**
   * @param {string} key
   * @param {string} alt
   */
  const named = (key, alt) => tray.getByRole("button", { name: says(key, { alt }), exact: true });
  await hasFocus(ann, named("tray.play", "a lake"), "the newest has the focus");
  return { ann, says, opener, tray, named };
}

/**
 * @param {Locator} button
 * @param {boolean} yes
 */
const plays = (button, yes) =>
  eventually(
    async () => (await button.locator("img").getAttribute("src")).endsWith("/still") !== yes,
    `it plays: ${yes}`,
  );
/**
 * @param {WithPage} visitor
 * @param {string} alt
 * @param {number} count
 */
const sent = ({ page }, alt, count) =>
  eventually(
    async () =>
      (await page.locator("#rows .message[data-seq]").getByRole("img", { name: alt, exact: true }).count()) === count,
    `${alt} is there ${count} times`,
  );

for (const locale of ["en-US", "ko-KR"]) {
  scene(`a first tap on a recent GIF plays it and says Send, the second sends it (${locale})`, [], async (stage) => {
    const { ann, says, tray, named } = await trayOf(stage, {
      locale,
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    assert.equal(await tray.locator("#tray-note").textContent(), says("tray.send_hint"));
    for (const alt of ["a lake", "a sea"]) {
      await named("tray.play", alt).tap();
      await plays(named("tray.send_this", alt), true);
      const word = tray.getByText(says("chat.send"), { exact: true }).and(ann.page.locator(":visible"));
      assert.equal(await word.count(), 1, "one alone is chosen, and says so");
    }
    await plays(named("tray.play", "a lake"), false);
    await sent(ann, "a sea", 1);
    await named("tray.send_this", "a sea").tap();
    await tray.waitFor({ state: "hidden" });
    await sent(ann, "a sea", 2);
    await sent(ann, "a lake", 1);
  });
}

scene("a recent GIF plays on hover and on focus, and Enter chooses it before it sends it", [], async (stage) => {
  const { ann, opener, tray, named } = await trayOf(stage);
  const [lake, sea] = [named("tray.play", "a lake"), named("tray.play", "a sea")];
  await plays(lake, true);
  await plays(sea, false);
  await sea.hover();
  await plays(sea, true);
  await ann.page.mouse.move(1, 1);
  await plays(sea, false);
  await ann.page.keyboard.press("ArrowRight");
  await plays(sea, true);
  await plays(lake, false);
  await ann.page.keyboard.press("Enter");
  await named("tray.send_this", "a sea").waitFor();
  assert.ok(await tray.isVisible());
  await ann.page.keyboard.press("Enter");
  await tray.waitFor({ state: "hidden" });
  await hasFocus(ann, opener, "the tray gives the focus back");
  await sent(ann, "a sea", 2);
});

scene("who wants less motion sees a recent GIF play when it is chosen, not before", [], async (stage) => {
  const { named } = await trayOf(stage, { reducedMotion: "reduce" });
  const sea = named("tray.play", "a sea");
  await sea.hover();
  await plays(sea, false);
  await sea.click();
  await plays(named("tray.send_this", "a sea"), true);
});
