// A server that restarts while people write and look.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, inside, makeRoom, openList, row, say, sees, transcript } from "../support/pages.js";
import { pair } from "../support/two.js";
import { eventually } from "../support/wait.js";

useChromium();

scene(
  "180 messages written through a restart of the server are neither lost, doubled nor out of order",
  [],
  async (stage) => {
    const { ann, bea, id } = await pair(stage);
    const EACH = 90;
    const texts = Object.fromEntries(
      [ann, bea].map((one) => [one.name, Array.from({ length: EACH }, (_, n) => `${one.name} ${n + 1}`)]),
    );
    /**
     * @param {PageVisitor} one
     * @param {number} from
     * @param {number} to
     */
    const write = async (one, from, to) => {
      for (const text of texts[one.name].slice(from, to)) await say(one, text);
    };
    /** @type {<T>(work: (one: PageVisitor) => Promise<T>) => Promise<T[]>} */
    const everybody = (work) => Promise.all([ann, bea].map(work));

    await everybody((one) => write(one, 0, 30));
    const rest = everybody((one) => write(one, 30, EACH));
    await stage.server.stop();
    await stage.server.start();
    await rest;
    await everybody((one) =>
      eventually(async () => (await transcript(one)).length >= 2 * EACH, "180 messages are shown"),
    );
    // A message of each, sent after the others, shows that nothing more is to come.
    for (const one of [ann, bea]) {
      await say(one, `${one.name} is done`);
      await everybody((other) => sees(other, `${one.name} is done`));
    }

    const [hers, theirs] = await everybody(transcript);
    assert.deepEqual(theirs, hers, "both pages show the same");
    const places = hers.map(({ seq }) => seq);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(places).size, places.length);
    assert.equal(hers.length, 2 * EACH + 2);
    for (const one of [ann, bea]) {
      const me = await one.page.evaluate(() => document.body.dataset.me);
      assert.deepEqual(
        hers.filter(({ visitor }) => visitor === me).map(({ text }) => text),
        [...texts[one.name], `${one.name} is done`],
      );
      assert.equal(await one.page.locator("#chat-list [data-nonce]").count(), 0, "nothing waits any more");
      const states = await one.page.$$eval("#chat-list .mine", (all) => all.map((each) => each.dataset.state));
      assert.ok(states.every((state) => state === "sent"));
    }
    await ann.page.reload();
    await inside(ann);
    const newest = await transcript(ann);
    assert.deepEqual(newest, hers.slice(-newest.length), "and after a reload");
    assert.ok(newest.length >= 50);
    assert.ok(id);
  },
);

scene("the list comes back by itself after a restart", [], async (stage) => {
  const { bea } = await pair(stage);
  const cat = await stage.visitor({ name: "cat" });
  cat.allow(...NO_LINE);
  await openList(cat);
  await stage.server.stop();
  const asked = cat.page.waitForResponse((response) => new URL(response.url()).pathname === "/rooms");
  await stage.server.start();
  await asked;
  const id = await makeRoom(bea, { title: "after the restart" });
  await row(cat, id).waitFor();
});
