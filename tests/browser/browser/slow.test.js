// Slow mode, for who writes in it.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, message, reads, say, sees, seesGif, transcript } from "../support/pages.js";
import { gif } from "../support/gif.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

const TOO_EARLY = /status of 429/;

/**
 * A room in slow mode, its owner, and somebody in it.
 * @param {Stage} stage
 * @param {number} slow
 */
async function slowRoom(stage, slow) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom();
  await owner.enter(id);
  /** @param {object} changes */
  const edit = async (changes) => assert.equal((await owner.json("PATCH", `/room/${id}`, changes)).status, 200);
  await edit({ slow });
  const bea = await stage.visitor({ name: "bea" });
  bea.allow(TOO_EARLY);
  await enter(bea, id);
  return { id, owner, edit, bea };
}

scene("a text and GIFs that are sent together go out one after another, as slow mode lets them", [], async (stage) => {
  const { owner, bea } = await slowRoom(stage, 2);
  const names = ["one", "two"];
  await choose(bea, ...names.map((name) => ({ name: `${name}.gif`, bytes: gif() })));
  for (const [n, name] of names.entries()) await bea.page.locator("#queue .upload__alt").nth(n).fill(name);
  await say(bea, "with two pictures");
  for (const name of names) await seesGif(bea, name);
  assert.deepEqual(
    (await transcript(bea)).map(({ text }) => text),
    ["with two pictures", "two"],
  );
  assert.equal(await bea.page.locator("#queue .upload").count(), 0);
  await reads(bea.page.locator("#slow-note"), /Slow mode/);
  owner.end();
});

scene("what waits for a long pause can be deleted, and goes as soon as the pause ends", [], async (stage) => {
  const { id, owner, edit, bea } = await slowRoom(stage, 3_600);
  await say(bea, "first");
  await sees(bea, "first");
  // A fresh page does not know of the pause.
  await enter(bea, id);
  await say(bea, "taken back");
  const waiting = message(bea, "taken back");
  await waiting.getByRole("button", { name: "Discard" }).click();
  await waiting.waitFor({ state: "detached" });
  assert.equal(await bea.page.evaluate(() => document.activeElement.id), "chat-list");

  await enter(bea, id);
  await say(bea, "patient");
  await eventually(async () => (await message(bea, "patient").getAttribute("data-state")) === "pending");
  await edit({ slow: 0 });
  await sees(bea, "patient");
  await reads(bea.page.locator("#slow-note"), "");
  await say(bea, "and on");
  await sees(bea, "and on");
  assert.deepEqual(
    (await transcript(bea)).map(({ text }) => text),
    ["first", "patient", "and on"],
  );
  owner.end();
});
