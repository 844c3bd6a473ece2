// GIFs whose file could not be loaded: they say so, are tried again, and come once they can be loaded.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { enter, NO_LINE } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

const LOOK = { width: 320, height: 240 };

/**
 * A room with a GIF in it, and somebody who sees it only as far as `broken.now` does not stand in the way of a path.
 * @param {Stage} stage
 */
async function room(stage, locale = "en-US") {
  const owner = new Guest(await Visitor.arrive(stage.server));
  const id = await owner.makeRoom();
  await owner.enter(id);
  await owner.sendGif("a sea", LOOK);
  const ann = await stage.visitor({ name: "ann", locale });
  ann.allow(/ERR_FAILED/, ...NO_LINE);
  const broken = { now: (/** @type {string} */ _path) => true, asked: 0 };
  await ann.page.route("**/gif/**", (route) => {
    const path = new URL(route.request().url()).pathname;
    if (!broken.now(path)) return route.continue();
    broken.asked += 1;
    return route.abort();
  });
  return { owner, ann, id, broken };
}

/** @param {string} path */
const isStill = (path) => path.endsWith("/still");
/**
 * Waits until a picture is there: the GIF itself, or its still.
 * @param {Locator} image
 */
const there = (image, still = false) =>
  eventually(
    () =>
      image.evaluate(
        (one, wanted) => one.complete && one.naturalWidth > 0 && one.src.endsWith("/still") === wanted,
        still,
      ),
    "the picture is there",
  );

/**
 * Lets the pauses go by after which a GIF is tried again.
 * @param {WithPage} visitor
 * @param {{ asked: number }} broken
 */
async function triedOut({ page }, broken, most = 5) {
  await eventually(async () => {
    if (broken.asked < most) await page.clock.fastForward(1_000);
    return broken.asked >= most;
  }, "it is tried again four times");
}

for (const [locale, words] of Object.entries({ "en-US": "Tap to load", "ko-KR": "눌러서 불러오기" })) {
  scene(`a GIF that could not be loaded shows its still and comes when it is tapped (${locale})`, [], async (stage) => {
    const { owner, ann, id, broken } = await room(stage, locale);
    await ann.page.clock.install();
    broken.now = (path) => !isStill(path);
    await enter(ann, id);
    const image = ann.page.getByAltText("a sea");
    const tap = ann.page.getByRole("button", { name: words });
    await tap.waitFor();
    await there(image, true);
    assert.equal(await ann.page.locator("#rows .gif__play").isVisible(), false, "there is nothing to play");
    await triedOut(ann, broken);
    await ann.page.clock.fastForward(4_000);
    assert.equal(broken.asked, 5, "it is left alone then");
    broken.now = () => false;
    await tap.focus();
    await ann.page.keyboard.press("Enter");
    await there(image);
    await tap.waitFor({ state: "detached" });
    await hasFocus(ann, ann.page.locator("#rows .gif__open"), "the focus is not lost");
    owner.end();
  });
}

scene(
  "GIFs that could not be loaded come automatically, in the list, in whispers and in the large view",
  [],
  async (stage) => {
    const { owner, ann, id, broken } = await room(stage);
    await enter(ann, id);
    const rows = ann.page.locator("#rows");
    /** @param {Locator} place */
    const tap = (place) => place.getByRole("button", { name: "Tap to load" });
    await tap(rows).waitFor();
    await eventually(
      () => rows.locator(".gif img").evaluate((image) => getComputedStyle(image).opacity === "0"),
      "no broken picture is shown",
    );
    broken.now = () => false;
    await there(rows.getByAltText("a sea"));
    await tap(rows).waitFor({ state: "detached" });

    broken.now = () => true;
    const me = await ann.page.evaluate(() => document.body.dataset.me);
    await owner.whisperGif(me, "a secret", { ...LOOK, frames: 3 });
    await ann.page.locator("#whispers-news").click();
    const log = ann.page.locator("#whisper-log");
    await tap(log).waitFor();
    broken.now = () => false;
    await there(log.getByAltText("a secret"));
    await ann.page.keyboard.press("Escape");

    // What the list shows is not asked for again; what it only has a still of is.
    await ann.page.click("#motion-btn");
    await ann.page.reload();
    await there(rows.getByAltText("a sea"), true);
    await rows.locator(".gif__open").click({ position: { x: 9, y: 9 } });
    const view = ann.page.locator("#viewer[open]");
    await view.waitFor();
    await there(view.getByAltText("a sea"), true);
    const devtools = await ann.context.newCDPSession(ann.page);
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
    broken.now = () => true;
    await view.locator(".viewer__play").click();
    await tap(view).waitFor();
    broken.now = () => false;
    await there(view.getByAltText("a sea"));
    owner.end();
  },
);

scene("GIFs that could not be loaded are tried again when the connection is back", [], async (stage) => {
  const { owner, ann, id, broken } = await room(stage);
  await ann.page.clock.install();
  await enter(ann, id);
  const tap = ann.page.locator("#rows").getByRole("button", { name: "Tap to load" });
  await tap.waitFor();
  await triedOut(ann, broken, 7);
  broken.now = () => false;
  await ann.page.clock.resume();
  await ann.context.setOffline(true);
  await ann.context.setOffline(false);
  await there(ann.page.getByAltText("a sea"));
  owner.end();
});
