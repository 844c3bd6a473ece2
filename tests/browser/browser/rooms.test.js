// Rooms as their owners and guests see them on several pages at once.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, REFUSED, enter, inside, makeRoom, openList, reads, row, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("the headcount is live on every page", ["--seat-grace", "500ms"], async (stage) => {
  const [ann, bea, cat] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea" }),
    await stage.visitor({ name: "cat" }),
  ];
  await openList(cat);
  const id = await makeRoom(ann, { max: 4 });
  const count = row(cat, id).locator(".room__count");
  await reads(count, "1/4");
  await enter(bea, id);
  await reads(count, "2/4");
  for (const one of [ann, bea]) {
    await reads(one.page.locator("#room-people"), "2 of 4 here");
    await reads(one.page.locator("#members-count"), "2/4");
    assert.equal(await one.page.locator("#members-list .member").count(), 2);
    assert.equal(await one.page.locator("#members-list .member__me:not([hidden])").count(), 1);
    assert.equal(await one.page.locator("#members-list .member__owner:not([hidden])").count(), 1);
  }
  const tab = await bea.context.newPage();
  await tab.goto(`/room/${id}`);
  await inside({ page: tab });
  await say({ page: tab }, "from my second tab");
  await sees({ page: bea.page }, "from my second tab");
  assert.equal(await bea.page.locator("#chat-list .mine").count(), 1, "my other tab's words are mine");
  await reads(ann.page.locator("#room-people"), "2 of 4 here");
  await tab.close();
  await bea.page.close();
  await reads(count, "1/4");
  await reads(ann.page.locator("#room-people"), "1 of 4 here");
  assert.equal(await ann.page.locator("#members-list .member").count(), 1);
});

for (const [locale, full, says] of [
  ["en-US", "Full", "This room is full."],
  ["ko-KR", "만석", "허용 인원을 초과했어요."],
]) {
  scene(`a full room is shown as full, and leads back to the list with a banner (${locale})`, [], async (stage) => {
    const [ann, bea, cat] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "cat", locale }),
    ];
    const id = await makeRoom(ann, { max: 2 });
    await openList(cat);
    assert.equal(await row(cat, id).locator(".join-btn").getAttribute("aria-disabled"), null);
    await enter(bea, id);
    await reads(row(cat, id).locator(".room__go"), full);
    assert.equal(await row(cat, id).locator(".join-btn").getAttribute("href"), null);
    await cat.page.goto(`/room/${id}`);
    await cat.page.waitForURL("/?error=room_full");
    await reads(cat.page.locator(".error-message"), says);
    await cat.page.click("#error-banner button");
    await cat.page.waitForURL("/");
    await cat.page.locator("#error-banner").waitFor({ state: "detached" });
    await bea.page.click("#exit-btn");
    await eventually(async () => (await row(cat, id).locator(".join-btn").getAttribute("href")) === `/room/${id}`);
    await row(cat, id).locator(".join-btn").click();
    await inside(cat);
  });
}

scene("the owner changes title, seats and password, and everybody sees it", [], async (stage) => {
  const [ann, bea, cat] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea" }),
    await stage.visitor({ name: "cat" }),
  ];
  cat.allow(REFUSED);
  const id = await makeRoom(ann, { title: "old name" });
  await enter(bea, id);
  assert.equal(await bea.page.locator("#edit-btn").isVisible(), false);
  assert.equal(await bea.page.locator("#edit-dialog").count(), 0, "who is not the owner has not even fetched it");
  await openList(cat);
  await ann.page.click("#edit-btn");
  await ann.page.fill("#edit-form [name=title]", "");
  await ann.page.click("#edit-form [type=submit]");
  await reads(ann.page.locator("#edit-form .field__error:visible"), "Give the room a name.");
  await ann.page.fill("#edit-form [name=title]", "새 이름 & <new>");
  await ann.page.fill("#edit-form [name=max]", "5");
  await ann.page.fill("#edit-form [name=password]", "sesame");
  await ann.page.click("#edit-form [type=submit]");
  await ann.page.locator("#edit-dialog").waitFor({ state: "hidden" });
  for (const one of [ann, bea]) {
    await reads(one.page.locator("#room-title"), "새 이름 & <new>");
    await reads(one.page.locator("#room-people"), "2 of 5 here");
    await one.page.locator("#room-lock").waitFor();
    await eventually(async () => (await one.page.title()).startsWith("새 이름 & <new>"));
  }
  await reads(row(cat, id).locator(".room__title"), "새 이름 & <new>");
  await row(cat, id).locator(".room__lock").waitFor();
  await row(cat, id).locator(".join-btn").click();
  await cat.page.locator("[name=password]").waitFor();
  await say(bea, "still here");
  await sees(ann, "still here");
});

scene("the owner deletes the room, the others are told and let go", [], async (stage) => {
  const [ann, bea, cat] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea" }),
    await stage.visitor({ name: "cat" }),
  ];
  const id = await makeRoom(ann);
  await enter(bea, id);
  await openList(cat);
  await row(cat, id).waitFor();
  await bea.page.fill("#chat", "a thought cut sh");
  await ann.page.click("#edit-btn");
  await ann.page.click("#delete-btn");
  await ann.page.locator("#delete-dialog").waitFor();
  await ann.page.click("#delete-dialog [value=cancel]");
  await ann.page.locator("#delete-dialog").waitFor({ state: "hidden" });
  await ann.page.keyboard.press("Escape");
  await say(ann, "not yet");
  await sees(bea, "not yet");
  await ann.page.click("#edit-btn");
  await ann.page.click("#delete-btn");
  await ann.page.click("#delete-dialog [value=delete]");
  await ann.page.waitForURL("/");
  await bea.page.locator("#notices .banner", { hasText: "This room is gone." }).waitFor();
  assert.equal(await bea.page.locator("#chat").isDisabled(), true);
  await row(cat, id).waitFor({ state: "detached" });
  await bea.page.click("#notices .banner a");
  await bea.page.waitForURL("/");
  bea.allow(/status of 404/);
  assert.equal((await bea.page.goto(`/room/${id}`))?.status(), 404);
  await reads(bea.page.locator(".error-message"), "This room does not exist.");
});

scene("the last visitor reloads and the room stays", ["--room-grace", "3s", "--seat-grace", "2s"], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(...NO_LINE);
  await makeRoom(ann);
  await say(ann, "alone");
  for (let n = 0; n < 5; n += 1) {
    await ann.page.reload();
    await inside(ann);
  }
  await sees(ann, "alone");
});

scene("old messages come in as one scrolls up, and what one reads stays in its place", [], async (stage) => {
  const [ann, bea] = [
    await stage.visitor({ name: "ann" }),
    await stage.visitor({ name: "bea", viewport: { width: 390, height: 700 } }),
  ];
  const id = await makeRoom(ann);
  for (let n = 1; n <= 70; n += 1) await say(ann, `line ${n}`);
  await sees(ann, "line 70");
  await enter(bea, id);
  assert.ok((await bea.page.locator("#chat-list .message[data-seq]").count()) <= 50);
  const atEnd = () => bea.page.$eval("#chat-list", (list) => Math.abs(list.scrollTop) < 5);
  await eventually(atEnd, "the newest message is in sight");
  await bea.page.locator("#chat-list").hover();
  await bea.page.mouse.wheel(0, -20_000);
  await eventually(async () => (await bea.page.locator("#chat-list .message[data-seq]").count()) === 70);
  assert.equal(await bea.page.locator("#older").isVisible(), false);
  await say(ann, "news");
  await reads(bea.page.locator("#pill .pill__text"), "1 new message");
  await bea.page.click("#pill");
  await eventually(atEnd);
  await sees(bea, "news");
  const seqs = await bea.page.$$eval("#chat-list [data-seq]", (all) => all.map((one) => Number(one.dataset.seq)));
  assert.deepEqual(
    seqs,
    seqs.map((_, n) => n + 1),
  );
});
