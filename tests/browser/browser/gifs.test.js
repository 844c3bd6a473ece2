// GIFs on their way in, and how they stand in the page.
import assert from "node:assert/strict";
import { ball, gif, sea } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, inside, makeRoom, reads, say, sees, seesGif, sendWith } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * Slows what a page sends down to so many bytes a second.
 * @param {PageVisitor} visitor
 * @param {number} bytes
 */
async function slowly({ context, page }, bytes) {
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytes,
  });
}

scene("an upload shows its progress and can be cancelled", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann);
  await enter(bea, id);
  await slowly(ann, 100_000);
  const row = ann.page.locator("#rows .message--pending");
  const underway = () =>
    eventually(
      () =>
        row
          .getByRole("progressbar")
          .evaluate((ring) => Number(ring.ariaValueNow) > 0 && Number(ring.ariaValueNow) < 100),
      "the progress is shown",
    );

  await choose(ann, { name: "never.gif", bytes: gif({ padding: 3_000_000 }) });
  await sendWith(ann, "never");
  await underway();
  await row.getByRole("button", { name: "Discard" }).click();
  await row.waitFor({ state: "detached" });

  await choose(ann, { name: "slow.gif", bytes: gif({ padding: 300_000 }) });
  await sendWith(ann, "slow but sure");
  await underway();
  await say(ann, "written meanwhile");
  await sees(bea, "written meanwhile");
  await seesGif(ann, "slow but sure");
  await seesGif(bea, "slow but sure");
  for (const one of [ann, bea]) assert.equal(await one.page.locator("#chat-list .gif").count(), 1);
  await eventually(async () => (await stage.server.uploads()).length === 2, "only one GIF and its still are kept");
});

for (const [locale, words] of Object.entries({
  "en-US": { large: "Too large (102 kB). The limit is 50 kB.", other: "This file is not a GIF." },
  "ko-KR": { large: "파일이 너무 커요(102kB). 50kB까지 보낼 수 있어요.", other: "GIF 파일이 아니에요." },
})) {
  scene(`a file that cannot be taken is answered honestly (${locale})`, ["--gif-limit", "50000"], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    ann.allow(/status of 4(13|22)/);
    await makeRoom(ann);
    const cards = ann.page.locator("#queue .upload");
    const whole = gif({ frames: 4 });
    await choose(
      ann,
      { name: "huge.gif", bytes: gif({ padding: 99_000 }) },
      { name: "picture.gif", bytes: Buffer.from("\x89PNG\r\n\x1a\n0000", "latin1") },
      { name: "cut.gif", bytes: whole.subarray(0, whole.length - 40) },
      { name: "good.gif", bytes: whole },
    );
    await eventually(async () => (await cards.count()) === 4);
    await reads(cards.nth(0).locator(".upload__why"), words.large);
    await reads(cards.nth(1).locator(".upload__why"), words.other);
    await ann.page.fill("#chat", "with words");
    await ann.page.press("#chat", "Enter");
    await sees(ann, "with words");
    const cut = cards.filter({ hasText: "cut.gif" });
    await eventually(async () => (await cut.locator(".upload__why").textContent()) !== "", "the cut file is refused");
    assert.equal(await cut.locator("[data-do=retry]").isVisible(), false, "trying again would not help");
    await ann.page.locator("#chat-list .message[data-seq] .gif").waitFor();
    await eventually(async () => (await cards.count()) === 3);
    for (let left = 3; left > 0; left -= 1) {
      await cards.first().locator("[data-do=cancel]").click();
      await eventually(async () => (await cards.count()) === left - 1);
    }
    assert.equal(await ann.page.locator("#queue-box").isVisible(), false);
  });
}

scene("nothing moves while GIFs load", [], async (stage) => {
  const [ann, bea] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea", viewport: { width: 390, height: 800 } }),
  ];
  const id = await makeRoom(ann);
  await say(ann, "above");
  for (const [alt, size] of Object.entries({
    wide: { width: 320, height: 120 },
    tall: { width: 90, height: 200 },
    small: { width: 40, height: 40 },
  })) {
    await choose(ann, { name: `${alt}.gif`, bytes: gif({ ...size, paint: sea }) });
    await sendWith(ann, alt);
    await seesGif(ann, alt);
  }
  await say(ann, "below");
  await sees(ann, "below");

  /** @type {(value?: unknown) => void} */
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await bea.page.route("**/gif/**", async (route) => {
    await held;
    await route.continue();
  });
  await bea.page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) =>
      window.shifts.push(
        .../** @type {Shift[]} */ (list.getEntries()).map(({ value, startTime }) => ({ value, startTime })),
      ),
    ).observe({ type: "layout-shift", buffered: true });
  });
  await bea.page.goto(`/room/${id}`, { waitUntil: "domcontentloaded" });
  await inside(bea);
  const boxes = () =>
    bea.page.$$eval("#chat-list .message", (all) =>
      all.map((one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return [x, y, width, height];
      }),
    );
  /** @param {number} time */
  const shiftsAfter = (time) =>
    bea.page.evaluate((from) => window.shifts.filter(({ startTime }) => startTime > from), time);
  // The line about herself comes in after she is inside.
  await eventually(() => bea.page.$$eval("#chat-list .system", (all) => all.length >= 2), "both have come in");
  const start = await bea.page.evaluate(() => performance.now());
  const before = await boxes();
  assert.equal(await bea.page.$$eval(".gif__frame img", (all) => all.filter((img) => img.naturalWidth > 0).length), 0);
  release();
  for (const alt of ["wide", "tall", "small"])
    await eventually(
      () => bea.page.getByAltText(alt, { exact: true }).evaluate((img) => img.complete && img.naturalWidth > 0),
      alt,
    );
  assert.deepEqual(await boxes(), before);
  assert.deepEqual(await shiftsAfter(start), []);

  await choose(ann, { name: "live.gif", bytes: gif({ width: 200, height: 160 }) });
  await sendWith(ann, "live");
  await seesGif(bea, "live");
  assert.deepEqual(await shiftsAfter(start), [], "nor when one comes in");
});

scene("who wants less motion gets stills, and plays a GIF by its button", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const bea = await stage.visitor({ name: "bea", reducedMotion: "reduce" });
  const id = await makeRoom(ann);
  await choose(ann, { name: "ball.gif", bytes: gif({ width: 160, height: 120, frames: 8, paint: ball }) });
  await sendWith(ann, "from history");
  await seesGif(ann, "from history");
  await enter(bea, id);
  await choose(ann, { name: "ball.gif", bytes: gif({ width: 160, height: 120, frames: 8, paint: ball }) });
  await sendWith(ann, "just now");
  for (const alt of ["from history", "just now"]) {
    const figure = await seesGif(bea, alt);
    const button = figure.locator(".gif__play");
    const source = () => figure.locator(".gif__frame img").evaluate((img) => new URL(img.currentSrc).pathname);
    const still = await source();
    assert.match(still, /^\/gif\/\w+\.gif\/still$/);
    assert.equal(await button.getAttribute("aria-label"), "Play");
    await button.click();
    await eventually(async () => `${await source()}/still` === still, "the GIF plays");
    assert.equal(await button.getAttribute("aria-label"), "Pause");
    await seesGif(bea, alt);
    await button.click();
    await eventually(async () => (await source()) === still, "the GIF stands still again");
    assert.equal(await button.getAttribute("aria-label"), "Play");
  }
  const figure = await seesGif(ann, "just now");
  const source = () => figure.locator(".gif__frame img").evaluate((img) => img.currentSrc);
  const playing = await source();
  await figure.locator(".gif__play").click();
  await eventually(async () => (await source()) !== playing, "others see it move, and stop it");
});

scene("a GIF may be dropped anywhere on the page, and several at once", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  await makeRoom(ann);
  const base64 = gif().toString("base64");
  /**
   * @param {string} selector
   * @param {string[]} names
   */
  const drop = (selector, names) =>
    ann.page.evaluate(
      ({ target, files, bytes }) => {
        const data = new DataTransfer();
        for (const name of files)
          data.items.add(
            new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type: "image/gif" }),
          );
        /** @param {string} type */
        const fire = (type) =>
          document
            .querySelector(target)
            .dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        fire("dragenter");
        const open = !document.getElementById("drop").hidden;
        fire("dragover");
        fire("drop");
        return [open, document.getElementById("drop").hidden];
      },
      { target: selector, files: names, bytes: base64 },
    );
  const names = () => ann.page.locator("#queue .upload__name").allTextContents();
  /** @type {string[]} */
  let expected = [];
  for (const [selector, dropped] of Object.entries({
    "#rows": ["a.gif"],
    "#members-list": ["b.gif", "c.gif"],
    header: ["d.gif"],
  })) {
    assert.deepEqual(await drop(selector, dropped), [true, true], "the page opens its mouth for it");
    expected = [...expected, ...dropped];
    await eventually(async () => (await names()).length === expected.length);
    assert.deepEqual(await names(), expected);
  }
  assert.match(await ann.page.locator("#queue .upload__size").first().textContent(), /^\d+ kB$/);
  await ann.page.click("#send-btn");
  await eventually(async () => (await ann.page.locator("#rows .message[data-seq] .gif").count()) === 4);
});
