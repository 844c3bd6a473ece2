// The owner's room: what its owner does there, and what everybody's page makes of it.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { OUT, scene, useChromium } from "../support/chrome.js";
import { enter, inside, makeRoom, message, reads, row, openList, say, sees, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const FORBIDDEN = /status of 403/;
/** @param {WithPage} visitor */
const id = ({ page }) => page.evaluate(() => document.body.dataset.me);
/**
 * @param {WithPage} visitor
 * @param {string} who
 */
const member = ({ page }, who) => page.locator(`#members-list [data-id="${who}"]`);

/**
 * Chooses an entry of the menu of a member or a message, by keyboard alone, and says yes.
 * @param {WithPage} visitor
 * @param {Locator} subject
 * @param {string} entry
 */
async function choose({ page }, subject, entry) {
  await subject.locator(".more").focus();
  await page.keyboard.press("Enter");
  await page.locator("#menu").waitFor();
  const item = page.getByRole("menuitem", { name: entry, exact: true });
  const names = await page.getByRole("menuitem").allInnerTexts();
  for (let n = names.findIndex((name) => name.trim() === entry); n > 0; n -= 1) await page.keyboard.press("ArrowDown");
  assert.equal(await item.evaluate((element) => element === document.activeElement), true, `${names} for ${entry}`);
  await page.keyboard.press("Enter");
  await page.locator("#deed-dialog[open]").waitFor();
}

/** @param {WithPage} visitor */
async function yes({ page }) {
  await page.locator("#deed-do").focus();
  await page.keyboard.press("Enter");
  await page.locator("#deed-dialog").waitFor({ state: "hidden" });
}

/**
 * @param {WithPage} visitor
 * @param {string} name
 */
async function shot({ page }, name) {
  await mkdir(OUT, { recursive: true });
  await page.screenshot({ path: `${OUT}owner-${name}.png` });
}

const WORDS = {
  "en-US": {
    kick: "Remove",
    ban: "Ban",
    clear: (/** @type {string} */ name) => `Delete all of ${name}'s messages`,
    remove: "Delete message",
    hand: "Make owner",
    kicked: "The owner removed you from this room.",
    banned: "The owner banned you from this room.",
    gone: "This message was deleted.",
    crowned: /is now the owner\.$/,
    closed: "Closed",
    slow: /Slow mode: you can send again in \d s\./,
  },
  "ko-KR": {
    kick: "내보내기",
    ban: "차단하기",
    clear: (/** @type {string} */ name) => `${name}님의 메시지 모두 삭제`,
    remove: "메시지 삭제",
    hand: "방장 넘기기",
    kicked: "방장이 이 방에서 내보냈어요.",
    banned: "방장이 이 방에서 차단했어요.",
    gone: "삭제된 메시지예요.",
    crowned: /^이제 [가-힣]+ [가-힣]+님이 방장이에요\.$/,
    closed: "입장 마감",
    slow: /저속 모드예요\. \d초 뒤에 보낼 수 있어요\./,
  },
};

for (const [locale, words] of Object.entries(WORDS)) {
  const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};

  scene(
    `an owner sends somebody out by keyboard, who reads why and comes back in, and bans them then (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale, ...look });
      const bea = await stage.visitor({ name: "bea", locale, ...look });
      bea.allow(FORBIDDEN);
      const room = await makeRoom(ann);
      await enter(bea, room);
      const who = await id(bea);
      if (look.viewport) await ann.page.click("#members-btn");
      await member(ann, who).locator(".more").waitFor();
      assert.equal(await member(bea, who).locator(".more").isVisible(), false, "who is not the owner has no tools");
      await choose(ann, member(ann, who), words.kick);
      await shot(ann, `kick-${locale}`);
      await yes(ann);
      await reads(bea.page.locator(".banner__says"), words.kicked);
      await shot(bea, `kicked-${locale}`);
      await member(ann, who).waitFor({ state: "detached" });
      assert.equal(await bea.page.locator("#chat").isDisabled(), true);
      await enter(bea, room);
      await member(ann, who).waitFor({ state: "attached" });
      if (look.viewport) await ann.page.click("#members-btn");
      await choose(ann, member(ann, who), words.ban);
      await shot(ann, `ban-${locale}`);
      await yes(ann);
      await reads(bea.page.locator(".banner__says"), words.banned);
      await bea.page.goto(`/room/${room}`);
      await reads(bea.page.locator(".error-message"), words.banned);
      // Let in again from the settings of the room.
      if (look.viewport) await ann.page.click("#members-btn");
      await ann.page.click("#edit-btn");
      const lift = ann.page.locator("#bans-list button");
      await lift.waitFor();
      await shot(ann, `settings-${locale}`);
      await lift.click();
      await lift.waitFor({ state: "detached" });
      await enter(bea, room);
    },
  );

  scene(
    `a deleted message is blank on every page, and so is all that somebody wrote (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale, ...look });
      const bea = await stage.visitor({ name: "bea", locale, ...look });
      await enter(bea, await makeRoom(ann));
      for (const text of ["first", "second", "third"]) {
        await say(bea, text);
        await sees(ann, text);
      }
      await say(ann, "mine");
      await sees(bea, "mine");
      await choose(ann, message(ann, "second"), words.remove);
      await yes(ann);
      for (const one of [ann, bea]) {
        await eventually(async () => (await one.page.locator(".message__gone").count()) === 1);
        assert.equal(await message(one, "second").count(), 0);
      }
      await choose(ann, message(ann, "first"), words.clear((await selfOf(bea)).called));
      await yes(ann);
      for (const one of [ann, bea]) {
        await eventually(async () => (await one.page.locator(".message__gone").count()) === 3);
        await reads(one.page.locator(".message__gone").first(), words.gone);
        await sees(one, "mine");
      }
      await shot(bea, `deleted-${locale}`);
      await bea.page.reload();
      await inside(bea);
      assert.equal(await bea.page.locator(".message__gone").count(), 3);
    },
  );

  scene(`a room is handed over, and the tools with it (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale, ...look });
    const bea = await stage.visitor({ name: "bea", locale, ...look });
    await enter(bea, await makeRoom(ann));
    const [a, b] = [await id(ann), await id(bea)];
    if (look.viewport) for (const one of [ann, bea]) await one.page.click("#members-btn");
    await member(ann, b).locator(".more").waitFor();
    await choose(ann, member(ann, b), words.hand);
    await yes(ann);
    for (const one of [ann, bea]) {
      await eventually(async () => (await member(one, b).locator(".member__owner").getAttribute("hidden")) === null);
      await eventually(async () =>
        words.crowned.test((await one.page.locator(".system > span").last().innerText()).trim()),
      );
    }
    if (look.viewport) await ann.page.click("#members-btn");
    await member(bea, a).locator(".more").waitFor();
    assert.equal(await ann.page.locator("#edit-btn").isVisible(), false);
    assert.equal(await bea.page.locator("#edit-btn").isVisible(), true);
  });

  scene(`a closed room and slow mode show on everybody's page (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale, ...look });
    const bea = await stage.visitor({ name: "bea", locale, ...look });
    const cat = await stage.visitor({ name: "cat", locale, ...look });
    cat.allow(FORBIDDEN);
    const room = await makeRoom(ann);
    await enter(bea, room);
    await openList(cat);
    if (look.viewport) await ann.page.click("#members-btn");
    await ann.page.click("#edit-btn");
    await ann.page.check("[name=closed]");
    await ann.page.fill("[name=slow]", "4");
    await ann.page.click("#edit-form [type=submit]");
    await reads(bea.page.locator("#room-closed"), words.closed);
    await reads(row(cat, room).locator(".room__closed"), words.closed);
    await shot(cat, `closed-list-${locale}`);
    await cat.page.goto(`/room/${room}`);
    await cat.page.locator(".error-message").waitFor();
    await shot(cat, `closed-${locale}`);
    await say(bea, "one");
    await sees(ann, "one");
    await eventually(async () => words.slow.test(await bea.page.locator("#slow-note").innerText()));
    await shot(bea, `slow-${locale}`);
    assert.equal(await bea.page.getAttribute("#send-btn", "aria-disabled"), "true");
    await say(bea, "two");
    await eventually(
      async () => words.slow.test(await bea.page.locator("#announcer").textContent()),
      "Enter says why nothing goes out",
    );
    assert.equal(await bea.page.inputValue("#chat"), "two", "it stays where it was written");
    assert.equal((await bea.page.locator("[data-nonce]").count()) + (await message(ann, "two").count()), 0);
    await eventually(async () => (await bea.page.locator("#slow-note").innerText()) === "");
    assert.equal(await bea.page.getAttribute("#send-btn", "aria-disabled"), "false");
    await bea.page.press("#chat", "Enter");
    await sees(ann, "two");
  });
}
