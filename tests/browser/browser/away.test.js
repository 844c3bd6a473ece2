// Phones that sleep, pages that are closed, and rooms in which nobody is awake.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, enter, inside, makeRoom, openList, reads, row, say, sees } from "../support/pages.js";
import { Visitor, next } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

/** @param {WithPage} visitor */
const idOf = ({ page }) => page.evaluate(() => document.body.dataset.me);
/**
 * @param {WithPage} visitor
 * @param {string} id
 */
const memberOf = ({ page }, id) => page.locator(`#members-list [data-id="${id}"]`);

scene("a member whose connection is lost is shown as away until it is back", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  bea.allow(...NO_LINE, /ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  const id = await makeRoom(ann);
  await enter(bea, id);
  const theirs = memberOf(ann, await idOf(bea));
  await bea.context.setOffline(true);
  await reads(theirs.locator(".member__away"), "Away");
  await theirs.locator(".member__away").waitFor();
  // Who comes later sees it at once.
  const cat = await stage.visitor({ name: "cat", locale: "ko-KR" });
  await enter(cat, id);
  await memberOf(cat, await idOf(bea))
    .locator(".member__away")
    .waitFor();
  await reads(memberOf(cat, await idOf(bea)).locator(".member__away"), "자리 비움");
  await bea.context.setOffline(false);
  await inside(bea);
  for (const one of [ann, cat])
    await memberOf(one, await idOf(bea))
      .locator(".member__away")
      .waitFor({ state: "hidden" });
  assert.equal(await ann.page.locator("#rows .system").count(), 3, "nobody has left");
});

scene("who loses the connection, is kicked, and comes again at once is not shown as away", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const [owner, bea] = [await Visitor.arrive(stage.server), await Visitor.arrive(stage.server)];
  const { _id: room } = await owner.makeRoom();
  const hears = await owner.enter(room);
  await ann.page.clock.install();
  await enter(ann, room);
  const {
    joined: { you },
    io,
  } = await bea.enter(room);
  const theirs = memberOf(ann, you.id);
  await theirs.waitFor();
  io.engine.close();
  await next(hears, "away", ({ visitor, away }) => away && visitor === you.id);
  await owner.json("POST", `/room/${room}/moderate`, { action: "kick", visitor: you.id });
  await theirs.waitFor({ state: "detached" });
  await bea.enter(room);
  await theirs.waitFor();
  await ann.page.clock.runFor(6_000);
  assert.equal(await ann.page.locator("#members-list .member--away").count(), 0);
});

scene(
  "who closes the last tab has left soon, and a room that all closed goes",
  ["--room-grace", "1s"],
  async (stage) => {
    const [ann, bea, cat] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "cat" }),
    ];
    await openList(cat);
    const id = await makeRoom(ann);
    await enter(bea, id);
    const tab = await bea.context.newPage();
    await tab.goto(`/room/${id}`);
    await inside({ page: tab });
    // The other tab keeps the seat.
    await tab.goto("about:blank");
    await tab.close();
    await say(bea, "still here");
    await sees(ann, "still here");
    const theirs = await idOf(bea);
    await bea.page.goto("about:blank");
    await memberOf(ann, theirs).waitFor({ state: "detached" });
    await ann.page.goto("about:blank");
    await row(cat, id).waitFor({ state: "detached" });
  },
);

scene("a room whose people are all away is shown as asleep, and wakes with the first of them", [], async (stage) => {
  const [ann, cat] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "cat" })];
  ann.allow(...NO_LINE, /ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  await openList(cat);
  const id = await makeRoom(ann);
  const asleep = row(cat, id).locator(".room__asleep");
  await asleep.waitFor({ state: "hidden" });
  await ann.context.setOffline(true);
  await asleep.waitFor();
  await reads(asleep, "Asleep");
  // So says the page as the server writes it, too.
  await cat.page.reload();
  await asleep.waitFor();
  await ann.context.setOffline(false);
  await asleep.waitFor({ state: "hidden" });
});

for (const [locale, title, stay, leave] of [
  ["en-US", "Leave and close the room?", "Stay", "Leave"],
  ["ko-KR", "나가고 방을 없앨까요?", "더 있기", "나가기"],
]) {
  scene(
    `who leaves as the last is asked, as the room goes with them (${locale})`,
    ["--room-grace", "1s"],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea", locale })];
      const id = await makeRoom(ann);
      await enter(bea, id);
      // While others are here nobody is asked.
      await bea.page.click("#exit-btn");
      await bea.page.waitForURL("/");
      await eventually(async () => (await ann.page.locator("#members-list .member").count()) === 1);
      await ann.page.click("#exit-btn");
      const dialog = ann.page.getByRole("dialog", { name: title });
      await dialog.waitFor();
      await dialog.getByRole("button", { name: stay, exact: true }).click();
      await dialog.waitFor({ state: "hidden" });
      await say(ann, "I stay");
      await sees(ann, "I stay");
      await ann.page.click("#exit-btn");
      await dialog.getByRole("button", { name: leave, exact: true }).click();
      await ann.page.waitForURL("/");
      await row(bea, id).waitFor({ state: "detached" });
    },
  );
}
