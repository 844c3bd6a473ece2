// Files that cannot be sent, and the overlay that waits for a file to be dropped.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { choose, makeRoom, reads } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);

  scene(`a picture or video that is pasted says what can be done with it (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    await makeRoom(ann);
    const cards = ann.page.locator("#queue .upload");
    /**
     * @param {string} name
     * @param {string} type
     */
    const paste = (name, type) =>
      ann.page.evaluate(
        ([called, kind]) => {
          const data = new DataTransfer();
          data.items.add(new File(["\u0089PNG\r\n\u001a\n0000"], called, { type: kind }));
          document
            .getElementById("chat")
            .dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        },
        [name, type],
      );
    await paste("image.png", "image/png");
    await paste("clip.mp4", "video/mp4");
    await paste("notes.txt", "text/plain");
    /** @param {string} name */
    const why = (name) => cards.filter({ hasText: name }).locator(".upload__why");
    await reads(why("image.png"), says("talk.only_gifs"));
    await reads(why("clip.mp4"), says("talk.only_gifs"));
    await reads(why("notes.txt"), says("error.not_a_gif"));
    await choose(ann, { name: "good.gif", bytes: gif() });
    await cards.nth(3).waitFor();
    await ann.page.getByRole("button", { name: says("chat.clear_refused"), exact: true }).click();
    await eventually(async () => (await cards.count()) === 1);
    await hasFocus(ann, ann.page.locator("#chat"), "one goes on writing");
    assert.equal(await ann.page.locator("#queue-clear").isVisible(), false);
  });

  scene(`a GIF that the owner blocked is only taken away, not tried again (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    ann.allow(/status of 403/);
    const id = await makeRoom(ann);
    const body = JSON.stringify({ code: "forbidden_gif", message: says("error.forbidden_gif") });
    await ann.page.route(`**/room/${id}/gif`, (route) =>
      route.fulfill({ status: 403, contentType: "application/json", body }),
    );
    await choose(ann, { name: "bad.gif", bytes: gif() });
    await ann.page.click("#send-btn");
    const card = ann.page.locator("#queue .upload--failed");
    await reads(card.locator(".upload__why"), says("error.forbidden_gif"));
    assert.equal(await card.locator("[data-do=retry]").isVisible(), false);
    await card.getByRole("button", { name: says("chat.cancel_upload", { name: "bad.gif" }), exact: true }).click();
    await card.waitFor({ state: "detached" });
  });
}

scene("the overlay that waits for a file goes by Escape and by a click", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const { page } = ann;
  await makeRoom(ann);
  const overlay = page.locator("#drop");
  const drag = () =>
    page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["GIF89a"], "a.gif", { type: "image/gif" }));
      document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
  for (const leave of [() => page.keyboard.press("Escape"), () => overlay.click()]) {
    await drag();
    await overlay.waitFor();
    await leave();
    await overlay.waitFor({ state: "hidden" });
  }
});
