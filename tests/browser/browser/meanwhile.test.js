// What changes while one answers, edits or reacts, and what is there already when one comes.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { gif } from "../support/gif.js";
import { NO_LINE, choose, enter, message, reads, say, sees, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { words } from "../support/words.js";

useChromium();

const says = words("en-US");
/** @param {WithPage} visitor */
const field = ({ page }) => page.locator("#chat");

/**
 * Bea in a room of her own with a message, and Ann's page.
 * @param {Stage} stage
 */
async function room(stage) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "meanwhile" });
  await bea.enter(id);
  const said = await bea.say("a question");
  /** @param {object} kind */
  const react = (kind) => bea.visitor.json("POST", `/room/${id}/messages/${said._id}/reactions`, kind);
  return { ann: await stage.visitor({ name: "ann" }), bea, id, said, react };
}

/**
 * @param {WithPage} visitor
 * @param {Locator} row
 */
async function answers({ page }, row) {
  await row.locator(".more").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: says("reply.reply"), exact: true }).click();
}

scene("a room in which somebody has reacted opens its menus as every other", [], async (stage) => {
  const { ann, bea, id, react } = await room(stage);
  await react({ emoji: "👍" });
  await enter(ann, id);
  await message(ann, "a question").locator(".reaction").waitFor();
  await message(ann, "a question").locator(".more").focus();
  await ann.page.keyboard.press("Enter");
  await ann.page.getByRole("menuitem").first().waitFor();
  const styles = await ann.page.$$eval("link[rel=stylesheet]", (all) => all.map(({ href }) => href.split("/").at(-1)));
  assert.deepEqual([...styles].sort(), ["app.css", "extras.css", "sheets.css"]);
  assert.equal(styles[0], "app.css", "what few pages need stands behind what all have");
  bea.end();
});

scene("an answer follows its original, and goes out also if that is deleted meanwhile", [], async (stage) => {
  const { ann, bea, id, said } = await room(stage);
  await enter(ann, id);
  await answers(ann, message(ann, "a question"));
  await bea.rewrite(said._id, "another question");
  await reads(ann.page.locator("#strip-about"), "another question");
  await bea.moderate("delete", { message: said._id });
  await reads(ann.page.locator("#strip-about"), says("reply.gone"));
  assert.ok(!(await ann.page.evaluate(() => JSON.stringify(sessionStorage))).includes("question"), "nor is it kept");
  await say(ann, "an answer");
  await sees(ann, "an answer");
  await reads(message(ann, "an answer").locator(".quote__text"), says("reply.gone"));
  bea.end();
});

scene("while an edit is saved nothing is written that would be lost with it", [], async (stage) => {
  const { ann, bea, id } = await room(stage);
  await enter(ann, id);
  await say(ann, "helo");
  await sees(ann, "helo");
  /** @type {(value?: unknown) => void} */
  let goOn = () => {};
  const held = new Promise((done) => {
    goOn = done;
  });
  await ann.page.route("**/messages/*", async (route) => {
    await held;
    await route.continue();
  });
  await field(ann).press("ArrowUp");
  await reads(ann.page.locator("#strip-what"), says("edit.now"));
  await field(ann).fill("hello");
  await field(ann).press("Enter");
  await ann.page.locator("#chat[readonly]").waitFor();
  await field(ann).pressSequentially(" more");
  assert.equal(await field(ann).inputValue(), "hello");
  goOn();
  await ann.page.locator("#strip").waitFor({ state: "hidden" });
  await field(ann).pressSequentially("more");
  assert.equal(await field(ann).inputValue(), "more");
  bea.end();
});

scene("a reaction whose picture can not be loaded comes back with the line", [], async (stage) => {
  const { ann, bea, id, said } = await room(stage);
  ann.allow(...NO_LINE, /ERR_FAILED/);
  await enter(ann, id);
  await choose(ann, { name: "cat.gif", bytes: gif() });
  await ann.page.locator(".upload__alt").fill("a cat");
  await field(ann).press("Enter");
  await seesGif(ann, "a cat");
  const { data } = (await bea.visitor.json("GET", `/room/${id}/gifs`)).body;
  await ann.page.route("**/gif/**", (route) => route.abort());
  await bea.visitor.json("POST", `/room/${id}/messages/${said._id}/reactions`, { gif: data[0].gif });
  const chip = message(ann, "a question").locator(".reactions li");
  await chip.waitFor({ state: "attached" });
  await chip.waitFor({ state: "hidden" });
  await ann.page.unroute("**/gif/**");
  await ann.context.setOffline(true);
  await ann.page.locator(".banner:visible").first().waitFor();
  await ann.context.setOffline(false);
  await chip.waitFor({ state: "visible" });
  bea.end();
});
