// A backup is restored under open pages: they know more than the room.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { enter, inside, makeRoom, message, NO_LINE, say, sees, transcript } from "../support/pages.js";

useChromium();

scene("pages that know more than a restored room show what it has, and send what waited", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  for (const visitor of [ann, bea]) visitor.allow(...NO_LINE);
  const id = await makeRoom(ann);
  await enter(bea, id);
  await say(ann, "before the backup");
  await sees(bea, "before the backup");
  await stage.server.backUp();
  for (const text of ["lost one", "lost two"]) {
    await say(ann, text);
    await sees(bea, text);
  }
  const again = [ann, bea].map(({ page }) => page.waitForEvent("load"));
  await stage.server.stop();
  await bea.page.locator("#notices :visible").first().waitFor();
  await say(bea, "without a line");
  await message(bea, "without a line").waitFor();
  await ann.page.fill("#chat", "half a thought");
  await stage.server.restore();
  await stage.server.start();
  await Promise.all(again);
  for (const visitor of [ann, bea]) {
    await inside(visitor);
    await sees(visitor, "without a line");
  }
  const [shown, other] = [await transcript(ann), await transcript(bea)];
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["before the backup", "without a line"],
  );
  assert.deepEqual(shown, other);
  assert.equal(shown[1].seq, shown[0].seq + 1, "where a lost one was");
  assert.equal(await ann.page.inputValue("#chat"), "half a thought");
});
