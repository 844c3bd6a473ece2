// GIFs that are deleted while somebody looks at them, or is about to send them again.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { gif } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { choose, enter, inside, intercept, reads, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/** @param {WithPage} visitor */
const viewer = ({ page }) => page.locator("#viewer[open]");

/**
 * A room in which the owner has sent GIFs, one for each description, and a visitor who sees them.
 * @param {Stage} stage
 * @param {string[]} alts
 * @param {string} locale
 */
async function gallery(stage, alts, locale) {
  const owner = new Guest(await Visitor.arrive(stage.server));
  const id = await owner.makeRoom();
  await owner.enter(id);
  /** @type {Record<string, Message>} */
  const sent = {};
  for (const [n, alt] of alts.entries()) sent[alt] = await owner.sendGif(alt, { width: 320 + n, height: 200 });
  const ann = await stage.visitor({ name: "ann", locale });
  await enter(ann, id);
  return {
    owner,
    ann,
    id,
    remove: (/** @type {string} */ alt) => owner.moderate("delete", { message: sent[alt]._id }),
  };
}

/**
 * @param {PageVisitor} visitor
 * @param {string} alt
 */
async function look(visitor, alt) {
  await (await seesGif(visitor, alt)).locator(".gif__open").click();
  await viewer(visitor).getByRole("img", { name: alt, exact: true }).waitFor();
}

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  scene(`the large view says that its GIF was deleted, and goes on to the others (${locale})`, [], async (stage) => {
    const { owner, ann, remove } = await gallery(stage, ["one", "two", "three"], locale);
    await look(ann, "two");
    const again = viewer(ann).locator(".viewer__again");
    await again.focus();
    await remove("two");
    await viewer(ann).locator(".viewer__stage").getByText(says("viewer.deleted"), { exact: true }).waitFor();
    await reads(ann.page.locator("#announcer"), says("viewer.deleted"));
    for (const way of ["play", "download", "again"])
      assert.equal(await viewer(ann).locator(`.viewer__${way}`).isVisible(), false, way);
    await hasFocus(ann, viewer(ann).locator(".viewer__close"), "the focus stays in the view");
    await ann.page.keyboard.press("ArrowRight");
    await viewer(ann).getByRole("img", { name: "three", exact: true }).waitFor();
    assert.ok(await again.isVisible());
    await ann.page.keyboard.press("ArrowLeft");
    await viewer(ann).getByRole("img", { name: "one", exact: true }).waitFor();
    await ann.page.keyboard.press("Escape");
    await viewer(ann).waitFor({ state: "detached" });
    owner.end();
  });

  scene(`a GIF that was deleted meanwhile is not sent again, and one is told why (${locale})`, [], async (stage) => {
    const { owner, ann, remove } = await gallery(stage, ["one", "two"], locale);
    await ann.page.click("#tray-btn");
    const offered = ann.page.locator("#tray-list button");
    await eventually(async () => (await offered.count()) === 2);
    await remove("one");
    await ann.page.locator(".message__gone").waitFor();
    await offered.last().dblclick();
    await reads(ann.page.locator("#composer-note"), says("error.gif_not_found"));
    const unsent = ann.page.locator("#rows .message:not([data-seq])");
    await unsent.waitFor({ state: "detached" });
    await ann.page.reload();
    await inside(ann);
    assert.equal(await unsent.count(), 0, "nor after a reload");
    owner.end();
  });
}

scene("the large view goes past what is not sent yet", [], async (stage) => {
  const { owner, ann, id } = await gallery(stage, ["one"], "en-US");
  await intercept(ann, new RegExp(`/room/${id}/gif$`), () => {});
  await choose(ann, { name: "mine.gif", bytes: gif({ width: 120, height: 80 }) });
  await ann.page.locator("#queue .upload__alt").fill("mine");
  await ann.page.click("#send-btn");
  await ann.page.locator("#rows .message--pending .gif").waitFor();
  await look(ann, "one");
  assert.equal(await viewer(ann).locator("[data-step='1']").getAttribute("aria-disabled"), "true");
  await ann.page.keyboard.press("ArrowRight");
  await viewer(ann).getByRole("img", { name: "one", exact: true }).waitFor();
  owner.end();
});
