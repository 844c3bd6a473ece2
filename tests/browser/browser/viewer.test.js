// The large view of a GIF: nothing of it is cut, small ones stay small, and one goes from GIF to GIF in it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { scene, useChromium } from "../support/chrome.js";
import { gif, sea } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { enter, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * A room with these GIFs, sent by somebody without a browser: `{alt: look}`.
 * @param {Stage} stage
 * @param {Record<string, GifLook>} looks
 */
async function gallery(stage, looks) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ title: "gallery" });
  await owner.enter(id);
  for (const [alt, look] of Object.entries(looks)) {
    assert.equal((await owner.sendGif(id, { bytes: gif({ frames: 2, paint: sea, ...look }), alt })).status, 201);
  }
  return { id, owner };
}

/** @param {WithPage} visitor */
const viewer = ({ page }) => page.locator("#viewer[open]");

/**
 * @param {PageVisitor} visitor
 * @param {string} alt
 */
async function open(visitor, alt) {
  const figure = await seesGif(visitor, alt);
  await figure.locator(".gif__open").click();
  await viewer(visitor).waitFor();
  return figure;
}

/**
 * Waits until the view shows a GIF; gives its picture.
 * @param {PageVisitor} visitor
 * @param {string} alt
 */
async function shows(visitor, alt) {
  const image = viewer(visitor).getByRole("img", { name: alt, exact: true });
  await eventually(() => image.evaluate((one) => one.complete && one.naturalWidth > 0), `the view shows ${alt}`);
  assert.equal(await viewer(visitor).locator(".viewer__alt").textContent(), alt);
  return image;
}

scene(
  "at 1280 × 800 nothing of a GIF is cut in the large view, and its description lies below it",
  [],
  async (stage) => {
    const looks = {
      wide: { width: 640, height: 360 },
      square: { width: 600, height: 600 },
      tall: { width: 300, height: 640 },
      tiny: { width: 24, height: 16 },
    };
    const { id, owner } = await gallery(stage, looks);
    const ann = await stage.visitor({ name: "ann" });
    await enter(ann, id);
    for (const [alt, { width, height }] of Object.entries(looks)) {
      await open(ann, alt);
      const image = await (await shows(ann, alt)).boundingBox();
      const [bar, below] = [
        await viewer(ann).locator(".viewer__bar").boundingBox(),
        await viewer(ann).locator(".viewer__alt").boundingBox(),
      ];
      assert.ok(image.y >= bar.y + bar.height - 1, `${alt} begins under the bar`);
      assert.ok(
        image.y + image.height <= below.y + 1,
        `${alt} ends at ${image.y + image.height}, above what is said at ${below.y}`,
      );
      assert.ok(image.x >= 0 && image.x + image.width <= 1280, `${alt} is as wide as the page at most`);
      assert.ok(
        image.width <= 2 * width + 1 && image.height <= 2 * height + 1,
        `${alt} is blown up twice at most: ${image.width} × ${image.height}`,
      );
      await ann.page.keyboard.press("Escape");
      await viewer(ann).waitFor({ state: "detached" });
    }
    const tiny = await (await seesGif(ann, "tiny")).locator("img").boundingBox();
    assert.deepEqual([tiny.width, tiny.height], [72, 48], "three times its size in the list");
    owner.end();
  },
);

scene(
  "arrow keys and buttons go from GIF to GIF; the list goes along and has the focus there afterwards",
  [],
  async (stage) => {
    const { id, owner } = await gallery(
      stage,
      Object.fromEntries(["one", "two", "three"].map((alt) => [alt, { width: 320, height: 240 }])),
    );
    const ann = await stage.visitor({ name: "ann" });
    const { page } = ann;
    await enter(ann, id);
    await open(ann, "two");
    const [earlier, later] = [
      page.getByRole("button", { name: "Previous GIF" }),
      page.getByRole("button", { name: "Next GIF" }),
    ];
    const ends = async () =>
      Promise.all([earlier, later].map(async (button) => (await button.getAttribute("aria-disabled")) === "true"));
    await shows(ann, "two");
    assert.deepEqual(await ends(), [false, false]);
    await page.keyboard.press("ArrowRight");
    await shows(ann, "three");
    assert.deepEqual(await ends(), [false, true], "there is none after the last");
    await page.keyboard.press("ArrowRight");
    await shows(ann, "three");
    // One more comes in meanwhile.
    await owner.sendGif(id, { bytes: gif({ width: 320, height: 240 }), alt: "four" });
    await eventually(async () => (await ends())[1] === false, "there is a next one now");
    await later.click();
    await shows(ann, "four");
    for (const alt of ["three", "two", "one"]) {
      await earlier.click();
      await shows(ann, alt);
    }
    assert.deepEqual(await ends(), [true, false]);
    await page.keyboard.press("Escape");
    await hasFocus(ann, (await seesGif(ann, "one")).locator(".gif__open"), "the GIF that was shown last");
    owner.end();
  },
);

scene("a swipe goes from GIF to GIF", [], async (stage) => {
  const { id, owner } = await gallery(stage, { one: { width: 320, height: 240 }, two: { width: 320, height: 240 } });
  const bea = await stage.visitor({
    name: "bea",
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await enter(bea, id);
  await open(bea, "one");
  await shows(bea, "one");
  const devtools = await bea.context.newCDPSession(bea.page);
  /**
   * @param {"touchStart" | "touchMove" | "touchEnd"} type
   * @param {...number[]} points
   */
  const touch = (type, ...points) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
  /**
   * @param {number} from
   * @param {number} to
   */
  const swipe = async (from, to) => {
    await touch("touchStart", [from, 400]);
    for (const share of [0.3, 0.6, 1]) await touch("touchMove", [from + (to - from) * share, 404]);
    await touch("touchEnd");
  };
  await swipe(300, 90);
  await shows(bea, "two");
  await swipe(90, 300);
  await shows(bea, "one");
  owner.end();
});

scene("from the large view a GIF is saved to disk and sent again", [], async (stage) => {
  const look = { width: 320, height: 240 };
  const { id, owner } = await gallery(stage, { kept: look });
  const ann = await stage.visitor({ name: "ann" });
  await enter(ann, id);
  await open(ann, "kept");
  const saving = ann.page.waitForEvent("download");
  await viewer(ann).getByRole("link", { name: "Download" }).click();
  const saved = await saving;
  assert.match(saved.suggestedFilename(), /\.gif$/);
  assert.deepEqual((await readFile(await saved.path())).subarray(0, 6).toString(), "GIF89a");
  await viewer(ann).getByRole("button", { name: "Send again" }).click();
  await viewer(ann).waitFor({ state: "detached" });
  await eventually(
    async () => (await ann.page.locator("#rows .message[data-seq] .gif").count()) === 2,
    "it is there twice",
  );
  const [first, second] = await ann.page.$$eval("#rows .gif", (all) =>
    all.map(({ dataset, innerText }) => [dataset.name, dataset.bytes, innerText.trim()].join()),
  );
  assert.equal(second.replace("✓", ""), first, "the same file, size and description");
  owner.end();
});
