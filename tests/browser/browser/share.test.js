// GIFs that other apps share with the installed site: to the room that one chooses, and no further.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { NO_LINE, enter, inside, makeRoom, openList, reads, say, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";
import { cached, controlled, databases, share } from "../support/worker.js";

useChromium();

const SHARED = "gifchat-shared";
/** @param {WithPage} visitor */
const cards = ({ page }) => page.locator("#queue .upload");
/** @param {PageVisitor} visitor */
const isHeld = async (visitor) => (await databases(visitor)).includes(SHARED);
/** @param {PageVisitor} visitor */
const dropped = (visitor) => eventually(async () => !(await isHeld(visitor)), "nothing is held any more");
const file = (name = "cat.gif") => ({ name, bytes: gif({ width: 64, height: 40 }) });

scene(
  "a GIF that is shared waits until one has chosen the room, goes into its queue, and is not sent by itself",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    const id = await makeRoom(ann);
    await enter(bea, id);
    await controlled(ann);
    await share(ann, file());
    // Any site may send one here: nothing goes on without a word of the visitor.
    await ann.page.locator("#share-rooms a").click();
    await ann.page.waitForURL(`/room/${id}`);
    await inside(ann);
    await reads(cards(ann).locator(".upload__name"), "cat.gif");
    await reads(cards(ann).locator(".upload__word"), words("en-US")("talk.upload_ready"));
    await cards(ann).locator(".upload__art img").waitFor();
    await dropped(ann);
    assert.ok(!(await cached(ann)).some((path) => path.includes("share")), "and it is in no cache");
    // What was sent after it would have come after it.
    await say(bea, "nothing yet?");
    await ann.page.locator("#rows .message", { hasText: "nothing yet?" }).waitFor();
    assert.equal(await ann.page.locator("#rows .gif").count(), 0);
    assert.deepEqual(await stage.server.uploads(), []);

    // From here on it is as if it had been chosen there.
    await ann.page.reload();
    await inside(ann);
    await cards(ann).locator(".upload__alt").fill("a cat");
    await ann.page.fill("#chat", "look at that");
    await ann.page.press("#chat", "Enter");
    await seesGif(bea, "a cat");
    await reads(
      bea.page.locator("#rows .message", { has: bea.page.getByAltText("a cat") }).locator(".message__text"),
      "look at that",
    );
    assert.equal(await cards(ann).count(), 0);
  },
);

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  scene(
    `whoever is in several rooms chooses one of them, and what can't be sent says so there (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale });
      const rooms = [];
      for (const title of ["cats", "dogs"]) {
        const tab = { page: await ann.context.newPage() };
        rooms.push(await makeRoom(tab, { title }));
      }
      const other = await Visitor.arrive(stage.server);
      const { _id: third } = await other.makeRoom({ title: "birds" });
      await other.enter(third);
      await openList(ann);
      await controlled(ann);
      await share(ann, file("one.gif"), { name: "two.gif", bytes: Buffer.from("no picture at all") });
      const { page } = ann;
      await reads(page.locator("h1:visible"), says("share.title"));
      assert.equal(await page.title(), `${says("share.title")} – gifchat`);
      await eventually(async () => (await page.locator(".share__name").allTextContents()).join() === "one.gif,two.gif");
      assert.deepEqual(
        await page.locator(".room__title").allTextContents(),
        ["dogs", "cats"],
        "those one is in, and no others",
      );
      // A reload loses nothing.
      await page.locator(".share__art img").waitFor();
      await page.reload();
      await eventually(async () => (await page.locator(".share__name").allTextContents()).join() === "one.gif,two.gif");
      await page.getByRole("link", { name: "cats" }).click();
      await page.waitForURL(`/room/${rooms[0]}`);
      await inside(ann);
      await eventually(async () => (await cards(ann).count()) === 2);
      await reads(cards(ann).first().locator(".upload__name"), "one.gif");
      await reads(cards(ann).last().locator(".upload__why"), says("error.not_a_gif"));
      await dropped(ann);
      // The other room gets nothing of it.
      await enter(ann, rooms[1]);
      assert.equal(await cards(ann).count(), 0);
      other.end();
    },
  );

  scene(`without a room one reads what to do, and nothing is held (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    await openList(ann);
    await controlled(ann);
    await share(ann, file());
    await reads(ann.page.locator("h1:visible"), says("share.none_title"));
    await dropped(ann);
    assert.deepEqual(await audit(ann.page), []);
    await ann.page
      .getByRole("main")
      .getByRole("link", { name: says("site.see_rooms") })
      .click();
    await ann.page.waitForURL("/");
  });
}

scene("what is shared is dropped when one goes elsewhere, and after ten minutes in any case", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  for (const title of ["cats", "dogs"]) await makeRoom({ page: await ann.context.newPage() }, { title });
  await openList(ann);
  await controlled(ann);
  await share(ann, file());
  await reads(ann.page.locator("#share-files"), "cat.gif");
  assert.equal(await isHeld(ann), true);
  await openList(ann);
  await dropped(ann);

  // The page on which one chooses drops it itself.
  await ann.page.clock.install();
  await share(ann, file());
  await reads(ann.page.locator("#share-files"), "cat.gif");
  await ann.page.clock.fastForward(599_000);
  assert.equal(await isHeld(ann), true);
  await ann.page.clock.fastForward(2_000);
  await reads(ann.page.locator("h1:visible"), words("en-US")("share.lost_title"));
  await dropped(ann);

  // What was left behind by a page that is gone, is too old.
  await ann.page.evaluate(
    () =>
      new Promise((done) => {
        const opening = indexedDB.open("gifchat-shared", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("files");
        opening.onsuccess = () => {
          const all = opening.result.transaction("files", "readwrite");
          all.objectStore("files").put({ files: [new File(["x"], "old.gif")], at: Date.now() - 601_000 }, "files");
          all.oncomplete = () => {
            opening.result.close();
            done(undefined);
          };
        };
      }),
  );
  await ann.page.goto("/share?held");
  await reads(ann.page.locator("h1:visible"), words("en-US")("share.lost_title"));
  await dropped(ann);
});

scene("a share without a line waits until there is one", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(...NO_LINE);
  const id = await makeRoom(ann);
  await controlled(ann);
  await stage.server.stop();
  await share(ann, file());
  await reads(ann.page.locator("h1"), words("en-US")("site.away"));
  await stage.server.start();
  await ann.page.locator("#share-rooms a").click();
  await ann.page.waitForURL(`/room/${id}`);
  await reads(cards(ann).locator(".upload__name"), "cat.gif");
  await dropped(ann);
});

scene("without a service worker a page says what to do, and the server keeps nothing", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann", serviceWorkers: "block" });
  ann.allow(/blocked by Playwright/);
  await makeRoom(ann, { title: "cats" });
  await share(ann, file());
  assert.equal(new URL(ann.page.url()).pathname, "/share");
  await reads(ann.page.locator("h1:visible"), words("en-US")("share.lost_title"));
  assert.deepEqual(await stage.server.uploads(), []);
  await ann.page.getByRole("link", { name: "cats" }).click();
  await inside(ann);
  assert.equal(await cards(ann).count(), 0);
});
