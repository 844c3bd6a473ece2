// GIFs that play only when they are wanted and seen, and the large view.
import assert from "node:assert/strict";
import { ball, gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, makeRoom, seesGif, selfOf } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * A room with so many GIFs in it, made without a browser.
 * @param {Stage} stage
 * @param {number} count
 */
async function gallery(stage, count) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ title: "gallery" });
  await owner.enter(id);
  for (let n = 1; n <= count; n += 1) {
    const { status } = await owner.sendGif(id, {
      bytes: gif({ width: 160, height: 120, frames: 3, paint: ball }),
      alt: `picture ${n}`,
    });
    assert.equal(status, 201);
  }
  return { id, owner };
}

/**
 * How many GIFs play, and how many of them cannot be seen.
 * @param {WithPage} visitor
 */
const playing = ({ page }) =>
  page.$$eval("#rows .gif img", (all) => {
    const list = document.getElementById("chat-list").getBoundingClientRect();
    const moving = all.filter((image) => !image.src.endsWith("/still"));
    const unseen = moving.filter((image) => {
      const { top, bottom } = image.closest(".gif").getBoundingClientRect();
      return bottom < list.top || top > list.bottom;
    });
    return { all: all.length, moving: moving.length, unseen: unseen.length };
  });

/**
 * @param {WithPage} visitor
 * @param {boolean} hidden
 */
const hide = ({ page }, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (value ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

/**
 * @param {WithPage} visitor
 * @param {number} share
 */
const scrollTo = ({ page }, share) =>
  page.$eval(
    "#chat-list",
    (list, to) => {
      list.scrollTop = -(list.scrollHeight - list.clientHeight) * to;
    },
    share,
  );

scene("of 50 GIFs only those in sight play, none in a hidden tab, none under reduced motion", [], async (stage) => {
  const { id, owner } = await gallery(stage, 50);
  const ann = await stage.visitor({ name: "ann" });
  await enter(ann, id);
  for (const share of [0, 0.5, 1, 0]) {
    await scrollTo(ann, share);
    await eventually(async () => {
      const { all, moving, unseen } = await playing(ann);
      assert.deepEqual({ all, unseen }, { all: 50, unseen: 0 });
      assert.ok(moving > 0 && moving < 10, `${moving} move`);
      return true;
    }, "only what is in sight plays");
  }
  await hide(ann, true);
  assert.equal((await playing(ann)).moving, 0, "nothing plays that nobody looks at");
  await hide(ann, false);
  await eventually(async () => (await playing(ann)).moving > 0, "it goes on when one looks again");

  const bea = await stage.visitor({ name: "bea", reducedMotion: "reduce" });
  /** @type {string[]} */
  const asked = [];
  bea.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await enter(bea, id);
  for (const share of [0.5, 1, 0]) {
    await scrollTo(bea, share);
    await eventually(() =>
      bea.page.$$eval("#rows .gif img", (all) => all.some((image) => image.complete && image.naturalWidth > 0)),
    );
    assert.equal((await playing(bea)).moving, 0);
  }
  const gifs = asked.filter((path) => path.startsWith("/gif/"));
  assert.ok(gifs.length > 0 && gifs.every((path) => path.endsWith("/still")), "no GIF was loaded, only stills");
  owner.end();
});

scene(
  "the switch of the room stops and plays all GIFs, is remembered, and begins as the device wishes",
  [],
  async (stage) => {
    const { id, owner } = await gallery(stage, 2);
    const ann = await stage.visitor({ name: "ann" });
    const { page } = ann;
    await enter(ann, id);
    const motion = page.getByRole("switch", { name: "Play GIFs" });
    assert.equal(await motion.getAttribute("aria-checked"), "true");
    await eventually(async () => (await playing(ann)).moving === 2);
    await motion.focus();
    await page.keyboard.press("Space");
    assert.equal(await motion.getAttribute("aria-checked"), "false");
    await eventually(async () => (await playing(ann)).moving === 0);

    /** @type {string[]} */
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await enter(ann, id);
    assert.equal(await motion.getAttribute("aria-checked"), "false", "after a reload it stands as it was left");
    await seesGif(ann, "picture 2");
    assert.equal((await playing(ann)).moving, 0);
    assert.ok(
      asked.filter((path) => path.startsWith("/gif/")).every((path) => path.endsWith("/still")),
      "a still GIF loads only the still",
    );

    // One of them is played by its own button; the others stay as they are.
    const one = await seesGif(ann, "picture 1");
    await one.getByRole("button", { name: "Play" }).focus();
    await page.keyboard.press("Enter");
    await eventually(async () => (await playing(ann)).moving === 1);
    assert.equal(await one.getByRole("button", { name: "Pause" }).count(), 1);
    await page.keyboard.press("Enter");
    await eventually(async () => (await playing(ann)).moving === 0);

    const calm = await stage.visitor({ name: "calm", reducedMotion: "reduce" });
    await enter(calm, id);
    const theirs = calm.page.getByRole("switch", { name: "Play GIFs" });
    assert.equal(await theirs.getAttribute("aria-checked"), "false", "who wants less motion begins with stills");
    await calm.page.emulateMedia({ reducedMotion: "no-preference" });
    await eventually(
      async () => (await theirs.getAttribute("aria-checked")) === "true",
      "and goes with the device until they choose",
    );
    await theirs.click();
    await calm.page.emulateMedia({ reducedMotion: "reduce" });
    await calm.page.emulateMedia({ reducedMotion: "no-preference" });
    assert.equal(await theirs.getAttribute("aria-checked"), "false", "a choice wins over the device");
    owner.end();
  },
);

for (const [name, options] of Object.entries({
  "by keyboard": {},
  "by touch at 390 px": { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
})) {
  scene(
    `a GIF opens in a large view that tells who, when and how large, and gives the focus back (${name})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea", ...options })];
      const id = await makeRoom(ann);
      await choose(ann, { name: "ball.gif", bytes: gif({ width: 400, height: 240, frames: 5, paint: ball }) });
      await ann.page.locator("#queue .upload__alt").fill("a ball that jumps");
      await ann.page.click("#send-btn");
      await enter(bea, id);
      const figure = await seesGif(bea, "a ball that jumps");
      const { page } = bea;
      const link = figure.getByRole("link", { name: "View larger: a ball that jumps" });
      const open = async () => {
        if (options.hasTouch) return link.tap();
        await link.focus();
        await page.keyboard.press("Enter");
      };
      await open();
      const dialog = page.getByRole("dialog", { name: "a ball that jumps" });
      await dialog.waitFor();
      const { called: hers } = await selfOf(ann);
      const said = await dialog.innerText();
      for (const part of [hers, /400 × 240 · \d+ kB/, /\b20\d\d\b/, "a ball that jumps"])
        assert.match(said, new RegExp(part), said);
      const image = dialog.getByRole("img", { name: "a ball that jumps" });
      await eventually(() =>
        image.evaluate((one) => one.complete && one.naturalWidth === 400 && !one.src.endsWith("/still")),
      );
      const box = await image.boundingBox();
      const small = await figure.locator("img").boundingBox();
      assert.ok(box.width > small.width, "it is larger");
      await dialog.getByRole("button", { name: "Pause" }).click();
      await eventually(() => image.evaluate((one) => one.src.endsWith("/still")));
      if (options.hasTouch) await dialog.getByRole("button", { name: "Close" }).tap();
      else await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      assert.equal(await link.evaluate((one) => one === document.activeElement), true, "the focus is where it was");
      await open();
      await dialog.waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
    },
  );
}

scene(
  "the large view of a GIF without a description says so to screen readers and shows nothing",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    const id = await makeRoom(ann);
    await choose(ann, { name: "ball.gif", bytes: gif({ width: 200, height: 120, paint: ball }) });
    await ann.page.click("#send-btn");
    await enter(bea, id);
    const figure = await seesGif(bea, "GIF, no description");
    await figure.getByRole("link", { name: "View larger: GIF, no description" }).click();
    const dialog = bea.page.getByRole("dialog", { name: "GIF, no description" });
    await dialog.waitFor();
    const { width, height } = await dialog.locator(".viewer__alt").boundingBox();
    assert.ok(width <= 1 && height <= 1, `${width} × ${height}`);
  },
);
