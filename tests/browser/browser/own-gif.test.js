// A GIF on its way out: shown from the file that was chosen, with its progress, and not fetched once it is sent.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif, sea } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { choose, enter, makeRoom, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const bytes = (padding = 0) => gif({ width: 320, height: 240, frames: 3, paint: sea, padding });

/**
 * Sends a GIF whose upload takes a while.
 * @param {PageVisitor} ann
 * @param {number} padding
 * @param {number} rate
 */
async function sends(ann, padding, rate) {
  const devtools = await ann.context.newCDPSession(ann.page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: rate,
  });
  await choose(ann, { name: "mine.gif", bytes: bytes(padding) });
  await ann.page.locator("#queue .upload__alt").fill("mine");
  await ann.page.click("#send-btn");
}

/** @param {WithPage} visitor */
const row = ({ page }) => page.locator("#rows .message--pending .gif");

scene("an own GIF is in the list at once with its progress, and is not fetched once it is sent", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await ann.page.addInitScript(() => {
    window.objectUrls = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      window.objectUrls.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      window.objectUrls.delete(url);
      revokeObjectURL.call(URL, url);
    };
  });
  const id = await makeRoom(ann);
  await enter(bea, id);
  /** @type {string[]} */
  const asked = [];
  ann.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await sends(ann, 300_000, 100_000);
  const ring = ann.page.getByRole("progressbar", { name: "Sending mine.gif" }).and(ann.page.locator(".gif__ring"));
  await ring.waitFor();
  await eventually(
    () => ring.evaluate((one) => Number(one.ariaValueNow) > 0 && Number(one.ariaValueNow) < 100),
    "it says how far it is",
  );
  const image = row(ann).getByAltText("mine");
  assert.ok(
    await image.evaluate((one) => one.src.startsWith("blob:") && one.naturalWidth === 320),
    "the file itself is shown",
  );
  assert.equal(await ann.page.locator("#queue-box").isVisible(), false, "and only once");
  await image.evaluate((one) => {
    one.dataset.same = "yes";
  });
  await seesGif(bea, "mine");
  const figure = await seesGif(ann, "mine");
  await ring.waitFor({ state: "detached" });
  assert.equal(await figure.locator("img").getAttribute("data-same"), "yes", "it is the same picture");
  for (const name of ["Pause", "Play"]) await figure.getByRole("button", { name }).click();
  await figure.locator(".gif__open").click();
  await ann.page.locator("#viewer[open] img[alt=mine]").waitFor();
  await ann.page.keyboard.press("Escape");
  assert.deepEqual(
    asked.filter((path) => path.startsWith("/gif/")),
    [],
  );
  assert.match(await figure.locator(".gif__open").getAttribute("href"), /^\/gif\/\w+\.gif$/);

  // The file is given back when the row goes.
  assert.equal(await ann.page.evaluate(() => window.objectUrls.size), 2, "the GIF and its still");
  await figure.hover();
  await ann.page.locator("#rows .message .more").click();
  await ann.page.getByRole("menuitem", { name: "Delete message" }).click();
  await ann.page.locator("#deed-do").click();
  await ann.page.locator(".message__gone").waitFor();
  assert.equal(await ann.page.evaluate(() => window.objectUrls.size), 0);
});

scene(
  "a GIF on its way is taken back in the list, and one that is refused goes back to its card",
  [],
  async (stage) => {
    const [ann, bea] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea", reducedMotion: "reduce" }),
    ];
    for (const one of [ann, bea]) one.allow(/status of 413/);
    const id = await makeRoom(ann);
    await enter(bea, id);
    await sends(bea, 3_000_000, 100_000);
    await row(bea).waitFor();
    const shown = row(bea).locator("img");
    const moving = bea.page.evaluate(
      () =>
        new Promise((done) => {
          requestAnimationFrame(() =>
            done(document.querySelector("#rows .message--pending .gif").classList.contains("gif--playing")),
          );
        }),
    );
    assert.equal(await moving, false, "who wants less motion gets the still, also of this one");
    assert.ok(await shown.evaluate((one) => one.src.startsWith("blob:")));
    await bea.page.locator("#rows .message--pending").getByRole("button", { name: "Discard" }).click();
    await row(bea).waitFor({ state: "detached" });
    assert.equal(await bea.page.locator("#queue .upload").count(), 0);
    assert.equal(await ann.page.locator("#rows .gif").count(), 0);

    await ann.page.route(`**/room/${id}/gif`, (route) =>
      route.fulfill({
        status: 413,
        contentType: "application/json",
        body: '{"code":"rate_limited","message":"Not now."}',
      }),
    );
    await choose(ann, { name: "mine.gif", bytes: bytes() });
    await ann.page.locator("#queue .upload__alt").press("Enter");
    const card = ann.page.locator("#queue .upload--failed");
    await card.waitFor();
    assert.equal(await card.locator(".upload__why").textContent(), "Not now.");
    await row(ann).waitFor({ state: "detached" });
    await ann.page.unroute(`**/room/${id}/gif`);
    await card.locator("[data-do=retry]").click();
    await hasFocus(ann, ann.page.locator("#chat"), "one writes on");
    await bea.page.locator("#rows .gif").waitFor();
    assert.equal(await bea.page.locator("#rows .gif").count(), 1);
  },
);
