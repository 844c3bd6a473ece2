// Who comes, who was sent out, and what a list says of rooms that nobody can enter.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { enter, inside, makeRoom, openList, reads, row, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const says = words("en-US");
/** @param {WithPage} visitor */
const seen = ({ page }) =>
  page.$$eval("#rows .system", (all) =>
    all.filter((one) => one.checkVisibility()).map((one) => one.innerText.replace(/\s*\d\d?:\d\d [AP]M$/, "").trim()),
  );

scene("arrivals in a row are one line that names two and counts the others, also after a reload", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const room = await makeRoom(ann, { max: 12 });
  await say(ann, "first");
  await sees(ann, "first");
  const guests = await arrive(stage.server, 6);
  /** @param {Guest} guest */
  const name = ({ socket }) => socket.joined.you.name.en;
  for (const [n, guest] of guests.slice(0, 5).entries()) {
    await guest.enter(room);
    await eventually(async () => (await ann.page.locator("#rows .system").count()) === n + 2, "the line came");
  }
  const [a, b] = guests.slice(0, 2).map(name);
  const folded = [`${a}, ${b} and 3 others joined.`];
  await eventually(async () => assert.deepEqual((await seen(ann)).slice(1), folded) ?? true, "five are one line");
  await guests[0].say("hello");
  await sees(ann, "hello");
  await guests[5].enter(room);
  await eventually(async () => (await seen(ann)).length === 3, "what was said stands between");
  assert.deepEqual(await audit(ann.page), []);
  await ann.page.reload();
  await inside(ann);
  assert.deepEqual((await seen(ann)).slice(1), [...folded, `${name(guests[5])} joined.`]);
  for (const guest of guests) guest.end();
});

scene("up to twelve seats are dots in one row, and more are a number", [], async (stage) => {
  const [ann, ...others] = [
    await stage.visitor({ name: "ann", viewport: { width: 320, height: 700 } }),
    ...(await arrive(stage.server, 3)),
  ];
  const ids = [];
  for (const [n, max] of [3, 12, 13].entries()) ids.push(await others[n].makeRoom({ title: `room for ${max}`, max }));
  await openList(ann);
  for (const [n, dots] of [3, 12, 0].entries()) {
    await row(ann, ids[n]).waitFor();
    const seats = row(ann, ids[n]).locator(".seats");
    const { width, height, dot } = await seats.evaluate((bar) => {
      const { width: wide, height: high } = bar.getBoundingClientRect();
      return { width: wide, height: high, dot: parseFloat(getComputedStyle(bar).maskSize) };
    });
    if (dots === 0) assert.ok(width <= 1, `${width} px`);
    else assert.ok(Math.abs(width - dots * dot) < 1 && height >= 11, `${width} px for ${dots} of ${dot} px`);
  }
  await reads(row(ann, ids[2]).locator(".room__count"), "0/13");
  for (const other of others) other.end();
});

scene(
  "the list says of a closed room that it is, and leads to it all the same, as who has a seat there comes back",
  [],
  async (stage) => {
    const ann = await stage.visitor({ name: "ann" });
    const [bea] = await arrive(stage.server, 1);
    const id = await bea.makeRoom({ title: "mine" });
    await bea.enter(id);
    await openList(ann);
    const way = row(ann, id).locator(".join-btn");
    await reads(way.locator(".room__go"), says("rooms.enter"));
    for (const closed of [true, false]) {
      await bea.edit({ closed });
      await reads(way.locator(".room__go"), says(closed ? "rooms.closed" : "rooms.enter"));
      assert.equal(await way.getAttribute("href"), `/room/${id}`);
      await ann.page.reload();
      await reads(way.locator(".room__go"), says(closed ? "rooms.closed" : "rooms.enter"));
    }
    bea.end();
  },
);

scene(
  "who was sent out waits a minute before the way back is offered, and cannot use the page behind the notice",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    const room = await makeRoom(ann);
    await enter(bea, room);
    await bea.page.clock.install();
    await bea.page.focus("#chat");
    const id = await bea.page.evaluate(() => document.body.dataset.me);
    await ann.page.evaluate(
      ([where, visitor]) =>
        fetch(`/room/${where}/moderate`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ action: "kick", visitor }),
        }),
      [room, id],
    );
    const notice = bea.page.locator("#notices .banner");
    await reads(notice.locator(".banner__says"), says("error.kicked"));
    await reads(notice.locator(".banner__more"), says("out.wait", { n: 60 }));
    const link = notice.locator("a");
    await hasFocus(bea, link, "the way out has the focus");
    assert.equal(await link.getAttribute("href"), "/");
    for (const part of ["#rows", "#chat-form", "#members", "#invite-btn"]) {
      assert.equal(await bea.page.locator(part).evaluate((element) => element.inert), true, part);
    }
    await bea.page.clock.runFor(30_000);
    await reads(notice.locator(".banner__more"), says("out.wait", { n: 30 }));
    await bea.page.clock.runFor(31_000);
    await reads(link, says("out.rejoin"));
    assert.equal(await link.getAttribute("href"), `/room/${room}`);
  },
);
