// How far a GIF has been sent is seen on it, also while it waits and before the first byte.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif, sea } from "../support/gif.js";
import { keptFiles } from "../support/kept.js";
import { choose, inside, intercept, makeRoom, reads, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const bytes = (padding = 0) => gif({ width: 320, height: 240, frames: 3, paint: sea, padding });

/**
 * @param {PageVisitor} ann
 * @param {string} name
 * @param {number} padding
 */
async function sends(ann, name, padding) {
  await choose(ann, { name, bytes: bytes(padding) });
  await ann.page.locator("#queue .upload__alt:visible").fill(name);
  await ann.page.click("#send-btn");
}

// The browser holds a picture that is asked for then to another rule of the page's policy, which no blob: meets.
scene("a page that goes while a GIF goes up asks for no more pictures", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  await ann.page.addInitScript(() => {
    window.kinds = {};
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      window.kinds[url] = blob instanceof Blob ? blob.type : "";
      return url;
    };
    let goes = false;
    addEventListener("pagehide", () => {
      goes = true;
    });
    const src = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
    Object.defineProperty(HTMLImageElement.prototype, "src", {
      ...src,
      set(url) {
        if (goes) sessionStorage.setItem("asked", url);
        src?.set?.call(this, url);
      },
    });
  });
  const id = await makeRoom(ann);
  await intercept(ann, new RegExp(`/room/${id}/gif$`), () => {});
  await sends(ann, "mine.gif", 0);
  const image = ann.page.locator("#rows .message--pending .gif--playing img");
  const plays = () => eventually(() => image.evaluate((one) => window.kinds[one.src] === "image/gif"), "it plays");
  await plays();
  await eventually(async () => (await keptFiles(ann)).some(({ waiting }) => waiting), "it is kept as one that waits");
  await ann.page.reload();
  await inside(ann);
  await plays();
  assert.equal(await ann.page.evaluate(() => sessionStorage.getItem("asked")), null);
});

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  scene(
    `a GIF on its way shows a track before the first byte, a clock while it waits, and no size as if it were stored (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale });
      const id = await makeRoom(ann);
      /** @type {import("playwright-core").Route[]} */
      const held = [];
      await intercept(ann, new RegExp(`/room/${id}/gif$`), (route) => held.push(route));
      await sends(ann, "first.gif", 0);
      await sends(ann, "second.gif", 0);
      const [first, second] = ["first.gif", "second.gif"].map((alt) =>
        ann.page.locator("#rows .message--pending .gif", { has: ann.page.getByAltText(alt, { exact: true }) }),
      );
      const [ring, waiting] = [first, second].map((figure) => figure.locator(".gif__ring"));
      /** @param {Locator} one */
      const clock = (one) => one.locator("use[href$='#clock']");
      await waiting.waitFor();
      await reads(second.locator(".gif__size"), new RegExp(`^${says("talk.upload_waiting")} · `));
      assert.ok(await clock(waiting).isVisible(), "a clock says that it waits");
      assert.equal(await clock(ring).isVisible(), false);
      assert.equal(
        await ring.evaluate((one) => one.ariaValueText),
        await first
          .locator(".gif__size")
          .textContent()
          .then((text) => text.split(" · ")[0]),
      );
      await eventually(() =>
        ring.evaluate((one) => !/^GIF/.test(one.closest(".gif").querySelector(".gif__size").textContent)),
      );
      // Its ring is not all of one colour where nothing has been sent.
      const [plain, track] = await ring.evaluate((one) => {
        one.style.setProperty("--done", "0%");
        return [getComputedStyle(one).borderTopColor, getComputedStyle(one).backgroundImage];
      });
      const colors = new Set(track.match(/(oklch|oklab|rgb|color)\([^)]*\)/g));
      colors.delete(plain);
      assert.ok(colors.size >= 2, `a track is seen: ${track}`);
      for (const route of held.splice(0)) await route.continue();
      await eventually(() => held.length === 1, "the second goes up");
      await held[0].continue();
      await seesGif(ann, "second.gif");
      await ann.page.locator(".gif__ring").waitFor({ state: "detached" });
      await reads(ann.page.locator("#rows .gif__size").last(), /^GIF /);
    },
  );
}
