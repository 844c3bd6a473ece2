// GIFs as one person sends them and another looks at them: points 1, 4, 5 and 6 of what the page can do.
import assert from "node:assert/strict";
import { focusKept, hasFocus } from "../support/focus.js";
import { gif, sea } from "../support/gif.js";
import { intercept, reads, seesGif } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { pair } from "./stage.js";

/** @type {(name: string) => { name: string, mimeType: string, buffer: Buffer }} */
const file = (name) => ({
  name,
  mimeType: "image/gif",
  buffer: gif({ width: 200, height: 120, frames: 3, paint: sea }),
});

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function sendsGifs(stage, options) {
  const { ann, bea, id } = await pair(stage, options);
  const { says, hand, page } = ann;
  ann.allow(/status of 503/);
  const pick = page.getByLabel(`GIF: ${says("chat.pick")}`, { exact: true });
  /** @param {string} name */
  const described = (name) => ann.field(says("chat.alt_label", { name }));

  // Three are chosen, described, one of them taken out.
  await hand.choose(pick, file("one.gif"), file("two.gif"), file("three.gif"));
  const queue = page.getByRole("region", { name: says("chat.queue"), exact: true });
  await eventually(async () => (await queue.getByRole("listitem").count()) === 3);
  await hasFocus(ann, ann.field(says("chat.message")), "one goes on writing");
  await hand.write(described("one.gif"), "the first");
  await hand.use(ann.button(says("chat.cancel_upload", { name: "two.gif" })));
  await eventually(async () => (await queue.getByRole("listitem").count()) === 2);
  await focusKept(ann, "after one was taken out");
  await hand.write(described("three.gif"), "the third");

  // The server cannot take the first one; it is sent again.
  let broken = true;
  await intercept(ann, `**/room/${id}/gif`, (route) => {
    if (!broken) return route.continue();
    broken = false;
    return route.fulfill({
      status: 503,
      contentType: "application/json",
      body: '{"code":"unavailable","message":"Not now."}',
    });
  });
  await hand.send(ann.button(says("chat.send")));
  await seesGif(bea, "the third");
  const retry = ann.button(says("chat.retry"), queue);
  await reads(queue.locator(".upload__why"), "Not now.");
  await hand.use(retry);
  await focusKept(ann, "while it is sent again");
  await seesGif(bea, "the first");
  await queue.waitFor({ state: "hidden" });
  await focusKept(ann, "when all are sent");

  // Bea sends one of them again from the tray.
  const tray = bea.dialog(bea.says("tray.title"));
  const opener = bea.button(bea.says("tray.open"));
  await bea.hand.use(opener);
  await tray.waitFor();
  await bea.hand.leave(tray, bea.says("site.close"));
  await hasFocus(bea, opener, "the tray gives the focus back");
  await bea.hand.use(opener);
  await bea.hand.use(bea.button(bea.says("tray.play", { alt: "the third" }), tray));
  await bea.hand.use(bea.button(bea.says("tray.send_this", { alt: "the third" }), tray));
  await tray.waitFor({ state: "hidden" });
  await hasFocus(bea, opener, "and so does a choice from it");
  await eventually(
    async () => (await page.getByRole("img", { name: "the third", exact: true }).count()) === 2,
    "it is there twice",
  );
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function playsGifs(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand, page } = bea;
  for (const name of ["a sea", "a lake"]) {
    await ann.hand.choose(ann.page.getByLabel(`GIF: ${ann.says("chat.pick")}`, { exact: true }), file(`${name}.gif`));
    await ann.hand.write(ann.field(ann.says("chat.alt_label", { name: `${name}.gif` })), name);
    await ann.hand.send(ann.button(ann.says("chat.send")));
    await seesGif(bea, name);
  }
  const playing = () =>
    page.$$eval(
      "#rows .gif img",
      (/** @type {HTMLImageElement[]} */ all) => all.filter((image) => !image.src.endsWith("/still")).length,
    );
  await eventually(async () => (await playing()) === 2);

  // One of them by its own button.
  const sea = page.locator("#rows .gif", { has: page.getByAltText("a sea", { exact: true }) });
  await hand.use(bea.button(says("chat.gif_pause"), sea));
  await eventually(async () => (await playing()) === 1);
  await hand.toggle(bea.button(says("chat.gif_play"), sea));
  await eventually(async () => (await playing()) === 2);
  // All by the switch of the room.
  const motion = bea.toggle(says("chat.motion"));
  await hand.toggle(motion);
  assert.equal(await motion.getAttribute("aria-checked"), "false");
  await eventually(async () => (await playing()) === 0);
  await hand.toggle(motion);
  assert.equal(await motion.getAttribute("aria-checked"), "true");

  // The large view.
  const link = bea.link(`${says("chat.gif_open")}: a sea`);
  await hand.use(link);
  const view = bea.dialog("a sea");
  await view.waitFor();
  await hand.use(bea.button(says("chat.gif_pause"), view));
  await bea.button(says("chat.gif_play"), view).waitFor();
  await hand.leave(view, says("site.close"));
  await hasFocus(bea, link, "the large view gives the focus back");
}
