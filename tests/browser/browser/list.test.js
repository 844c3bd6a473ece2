// The list of messages: a stretch of the history that moves with the reader, and never under them.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { enter, message, reads, say, sees } from "../support/pages.js";
import { frames, heightOf, isRun, place, reading, scrollBy, seqs, talk, texts } from "../support/talk.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("the page holds at most 200 of 600 messages, whichever way one scrolls, and nothing jumps", [], async (stage) => {
  const { id, owner } = await talk(stage, 600);
  const ann = await stage.visitor({ name: "ann" });
  await enter(ann, id);
  const all = Math.max(...(await seqs(ann)));
  await eventually(async () => (await texts(ann)).at(-1) === "line 600");
  /**
   * Scrolls until something shows; after each step what one reads stands where it was, moved by the step.
   * @param {number} by
   * @param {() => Promise<boolean>} done
   */
  const scrollUntil = async (by, done) => {
    for (let n = 0; n < 400; n += 1) {
      if (await done()) return;
      const before = await reading(ann);
      const link = await heightOf(ann, "#older");
      await scrollBy(ann, by);
      await frames(ann);
      const held = await seqs(ann);
      assert.ok(held.length <= 200, `${held.length} in the page`);
      isRun(held);
      // Who has reached an end moves less, or up by what the link to older ones took there; nobody moves more.
      if (await ann.page.locator(`[data-id="${before.id}"]`).count()) {
        const up = 1 + link - (await heightOf(ann, "#older"));
        const moved = before.foot - (await place(ann, before.id));
        assert.ok(
          by < 0 ? moved <= up && moved >= by - 1 : moved >= -1 && moved <= by + 1,
          `moved by ${moved} and not by ${by}`,
        );
      }
    }
    assert.fail("it never came");
  };
  await scrollUntil(-500, async () => (await seqs(ann))[0] === 1);
  assert.equal((await texts(ann))[0], "line 1");
  assert.equal(await ann.page.locator("#older").isVisible(), false);
  assert.ok(Math.max(...(await seqs(ann))) < all, "the newest have left the page");
  await scrollUntil(500, async () => (await texts(ann)).at(-1) === "line 600");
  assert.ok((await seqs(ann))[0] > 1, "the oldest have left the page");
  owner.end();
});

scene(
  "where older messages are gone, the list says so, also to who scrolls there and to who comes back",
  ["--history", "150"],
  async (stage) => {
    const { id, owner, more } = await talk(stage, 140);
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    ann.allow(/ERR_INTERNET_DISCONNECTED/);
    await enter(ann, id);
    await bea.page.goto("/");
    /** @param {PageVisitor} who */
    const gone = (who) => who.page.locator("#gone");
    assert.equal(await gone(ann).isVisible(), false);
    await ann.context.setOffline(true);
    for (let n = 141; n <= 200; n += 1) await more(`line ${n}`);
    const first = async () =>
      (
        await (
          await fetch(`${stage.server.url}/room/${id}/messages?limit=1`, { headers: { accept: "application/json" } })
        ).json()
      ).first;
    await eventually(async () => (await first()) > 40, "the oldest are gone");
    await ann.context.setOffline(false);
    await eventually(async () => (await texts(ann)).at(-1) === "line 200", "who comes back has all that is kept");
    isRun((await seqs(ann)).slice(-50));
    await enter(bea, id);
    for (let n = 0; n < 100 && !(await gone(bea).isVisible()); n += 1) {
      await scrollBy(bea, -2_000);
      await frames(bea);
    }
    assert.equal(await gone(bea).textContent(), "Older messages are gone.");
    assert.equal((await seqs(bea))[0], await first());
    assert.equal(await bea.page.locator("#older").isVisible(), false);
    owner.end();
  },
);

scene("who reads further up is told how many messages came, and is led to them", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 300);
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await enter(ann, id);
  await enter(bea, id);
  await scrollBy(ann, -400);
  await frames(ann);
  const before = await reading(ann);
  await more("one");
  await reads(ann.page.locator("#pill .pill__text"), "1 new message");
  await more("two");
  await more("three");
  await reads(ann.page.locator("#pill .pill__text"), "3 new messages");
  assert.equal(await place(ann, before.id), before.foot, "what one reads does not move");
  await sees(bea, "three");
  assert.equal(await bea.page.locator("#pill").isVisible(), false, "who is at the end sees them at once");
  assert.equal(await bea.page.$eval("#chat-list", (list) => list.scrollTop), 0);
  await ann.page.locator("#pill").focus();
  await ann.page.keyboard.press("Enter");
  await sees(ann, "three");
  await ann.page.locator("#pill").waitFor({ state: "hidden" });
  assert.equal(await ann.page.evaluate(() => document.activeElement.id), "chat-list", "the focus is in the list");
  assert.equal(await ann.page.$eval("#chat-list", (list) => list.scrollTop), 0);

  // From far up, where the newest are not even in the page.
  for (let n = 0; (await texts(ann)).at(-1) === "three"; n += 1) {
    assert.ok(n < 100);
    await scrollBy(ann, -2_000);
    await frames(ann);
  }
  await more("four");
  await reads(ann.page.locator("#pill .pill__text"), /new message/);
  await ann.page.click("#pill");
  await sees(ann, "four");
  isRun(await seqs(ann));
  await ann.page.locator("#pill").waitFor({ state: "hidden" });

  // Writing leads to the end as well.
  await scrollBy(ann, -400);
  await say(ann, "my own words");
  await sees(bea, "my own words");
  assert.equal(await ann.page.$eval("#chat-list", (list) => list.scrollTop), 0);
  owner.end();
});

scene("a message that comes in the moment one begins to scroll up does not pull one down", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 60);
  const ann = await stage.visitor({ name: "ann" });
  await enter(ann, id);
  await more("before");
  await sees(ann, "before");
  // The scroll and the message fall into one frame: the list knows of neither before it.
  // It waits for that frame before the message is on its way.
  await ann.page.evaluate(() => {
    const list = document.getElementById("chat-list");
    const [row] = [...document.querySelectorAll("#rows .message")].slice(-6);
    const frame = window.requestAnimationFrame.bind(window);
    window.moved = new Promise((done) => {
      window.requestAnimationFrame = (run) =>
        frame((time) => {
          list.scrollTop = -60;
          const seen = row.getBoundingClientRect().top;
          run(time);
          done([seen, row.getBoundingClientRect().top]);
        });
    });
  });
  await more("meanwhile");
  const [top, after] = await ann.page.evaluate(() => window.moved);
  assert.ok(Math.abs(top - after) <= 1, `${top} became ${after}`);
  owner.end();
});

scene("the page opens at the newest message, also without JavaScript", [], async (stage) => {
  const { id, owner } = await talk(stage, 80);
  for (const javaScriptEnabled of [true, false]) {
    const ann = await stage.visitor({ name: `ann ${javaScriptEnabled}`, javaScriptEnabled });
    await ann.page.goto(`/room/${id}`);
    await message(ann, "line 80").waitFor();
    const [last, list] = [
      await message(ann, "line 80").boundingBox(),
      await ann.page.locator("#chat-list").boundingBox(),
    ];
    assert.ok(last.y + last.height <= list.y + list.height && last.y > list.y, "the newest message is in sight");
  }
  owner.end();
});

scene("the list reads out additions only, and no update takes the focus away", [], async (stage) => {
  const { id, owner, more } = await talk(stage, 230);
  const ann = await stage.visitor({ name: "ann" });
  const { page } = ann;
  await enter(ann, id);
  const log = page.getByRole("log", { name: "Conversation" });
  assert.equal(await log.getAttribute("aria-relevant"), "additions");
  assert.equal(await log.getAttribute("aria-live"), null, "what comes in is read out politely");
  const lives = page.evaluate(
    () =>
      new Promise((done) => {
        const list = document.getElementById("chat-list");
        const watch = new MutationObserver(() => done(list.getAttribute("aria-live")));
        watch.observe(list, { attributes: true, attributeFilter: ["aria-live"] });
      }),
  );
  // The row with the focus leaves the page as newer ones come in.
  await page.evaluate(() => {
    const list = document.getElementById("chat-list");
    list.scrollTop = -list.scrollHeight;
  });
  assert.equal(await lives, "off", "what is fetched from the past is not");
  await eventually(async () => (await seqs(ann)).length > 60);
  await eventually(async () => (await log.getAttribute("aria-live")) === null);
  await page.evaluate(() => {
    document.querySelector("#rows .message .more:not([hidden])").focus({ preventScroll: true });
  });
  await page.evaluate(() => {
    document.getElementById("chat-list").scrollTop = 0;
  });
  for (let n = 0; n < 200; n += 1) {
    await more(`more ${n}`);
    if (n % 20 === 0) assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
  }
  await sees(ann, "more 199");
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus is still somewhere");

  // Nor does anybody who comes, goes or changes the room take it from the field.
  await page.focus("#chat");
  const other = await Visitor.arrive(stage.server);
  await other.enter(id);
  await owner.json("PATCH", `/room/${id}`, { title: "renamed" });
  await reads(page.locator("#room-title"), "renamed");
  other.end();
  assert.equal(await page.evaluate(() => document.activeElement.id), "chat");
  owner.end();
});
