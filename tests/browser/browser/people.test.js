// The people of a room and what can be done with them: the menu of a member, on a phone and on a desk.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { hasFocus } from "../support/focus.js";
import { arrive } from "../support/company.js";
import { enter, makeRoom, message, reads, say, sees, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * What stands in the open menu, from top to bottom.
 * @param {WithPage} visitor
 */
const entries = ({ page }) =>
  page.$$eval("#menu [role=menu] > *", (all) => all.map((one) => (one.matches("hr") ? "—" : one.textContent.trim())));

scene(
  "on a phone the menu of a member opens at its button, names them, and leaves the list of people open",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann", ...PHONE }), await stage.visitor({ name: "bea" })];
    await enter(bea, await makeRoom(ann));
    const [{ page }, { id, called, color }] = [ann, await selfOf(bea)];
    const more = page.locator(`#members-list [data-id="${id}"] .more`);
    const [drawer, menu] = [page.locator("#members:popover-open"), page.locator("#menu:popover-open")];
    await page.locator("#members-btn").tap();
    await more.tap();
    await menu.waitFor();
    assert.equal(await drawer.count(), 1, "the list stays open");
    await eventually(async () => {
      const [at, box] = [await more.boundingBox(), await menu.boundingBox()];
      return Math.abs(box.y - (at.y + at.height)) < 2 && Math.abs(box.x + box.width - (at.x + at.width)) < 10;
    }, "it is at the button");
    assert.equal(
      (await menu.locator(".menu__who").textContent()).trim(),
      `${called} ${color}`,
      "of two with one name it says whom it is about",
    );
    assert.ok((await menu.locator(".menu__who img").getAttribute("src")).includes(id));
    assert.deepEqual(await audit(page), []);
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
    assert.equal(await drawer.count(), 1, "Escape closes the menu alone");
    await hasFocus(ann, more, "one is back at the same member");
    await more.tap();
    await page.getByRole("menuitem", { name: "Mute", exact: true }).tap();
    assert.equal(await drawer.count(), 1);
    await hasFocus(ann, more, "one is back at the same member");
  },
);

scene("what destroys stands apart at the end of a menu", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await enter(bea, await makeRoom(ann));
  await say(bea, "hello");
  await sees(ann, "hello");
  const [says, theirs] = [words("en-US"), await selfOf(bea)];
  const clear = says("moderation.clear", { name: theirs.called });
  await ann.page.locator(`#members-list [data-id="${theirs.id}"] .more`).click();
  await ann.page.locator("#menu:popover-open").waitFor();
  const member = ["whisper.whisper", "mute.mute", "moderation.handover"].map((key) => says(key));
  assert.deepEqual(await entries(ann), [...member, "—", clear, says("moderation.kick"), says("moderation.ban")]);
  await ann.page.keyboard.press("Escape");
  await message(ann, "hello").hover();
  await message(ann, "hello").locator(".more").click();
  await ann.page.locator("#menu:popover-open").waitFor();
  const listed = await entries(ann);
  assert.deepEqual(listed.slice(listed.indexOf("—")), ["—", says("moderation.delete"), clear, says("moderation.ban")]);
  await ann.page.keyboard.press("Escape");
});

scene(
  "an owner on a phone is told of a report, by a number on the button of the people and a way to the list",
  [],
  async (stage) => {
    const ann = await stage.visitor({ name: "ann", ...PHONE });
    const [{ page }, says] = [ann, words("en-US")];
    const room = await makeRoom(ann);
    const [bea, cat] = await arrive(stage.server, 2);
    for (const one of [bea, cat]) await one.enter(room);
    const badge = page.locator("#reports-badge");
    for (const [n, text] of ["rude", "ruder"].entries()) {
      await bea.report((await cat.say(text))._id, "");
      await reads(badge, `${says("report.list")} ${n + 1}`);
    }
    assert.equal(await badge.isVisible(), true);
    assert.deepEqual(await audit(page), []);
    await page
      .locator("#toasts")
      .getByRole("button", { name: says("report.show"), exact: true })
      .first()
      .tap();
    const list = page.locator("#reports-list > li");
    await list.nth(1).waitFor();
    for (const left of [1, 0]) {
      await list
        .first()
        .getByRole("button", { name: says("report.dismiss"), exact: true })
        .tap();
      await list.nth(left).waitFor({ state: "detached" });
    }
    await badge.waitFor({ state: "hidden" });
    for (const one of [bea, cat]) one.end();
  },
);

scene(
  "who wants to report the owner is told that the owner would read it, and may mute them or leave",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    const says = words("en-US");
    bea.allow(/status of 403/);
    await enter(bea, await makeRoom(ann));
    await say(ann, "rude");
    await sees(bea, "rude");
    const { page } = bea;
    const dialog = page.getByRole("dialog", { name: says("report.owner_title"), exact: true });
    /** @param {string} way */
    const choose = async (way) => {
      await message(bea, "rude").hover();
      await message(bea, "rude").locator(".more").click();
      await page.getByRole("menuitem", { name: says("report.report"), exact: true }).click();
      await dialog.getByRole("button", { name: says(way), exact: true }).click();
      await dialog.waitFor({ state: "hidden" });
    };
    await choose("mute.mute");
    await hasFocus(bea, page.locator(".message__muted button"), "one can take it back at once");
    await page.keyboard.press("Enter");
    await message(bea, "rude").locator(".message__text").waitFor();
    assert.equal(
      await page.evaluate(async () => {
        const { room } = document.body.dataset;
        const { id } = document.querySelector("#rows .message").dataset;
        const answer = await fetch(`/room/${room}/reports`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify({ message: id }),
        });
        return (await answer.json()).code;
      }),
      "owner_report",
    );
    await choose("chat.leave");
    await page.waitForURL("/");
    await say(ann, "nobody reports to themselves");
    await message(ann, "nobody").hover();
    await message(ann, "nobody").locator(".more").click();
    await ann.page.locator("#menu:popover-open").waitFor();
    assert.ok(!(await entries(ann)).includes(says("report.report")));
  },
);

for (const [name, look] of Object.entries({ "a phone": PHONE, "a desk": {} })) {
  scene(
    `on ${name} one invites from the bar, and who is alone in an empty room is offered that and a first GIF`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", ...look }), await stage.visitor({ name: "bea" })];
      const [{ page }, says] = [ann, words("en-US")];
      const room = await makeRoom(ann);
      const dialog = page.getByRole("dialog", { name: says("invite.title"), exact: true });
      for (const opener of [page.locator("#invite-btn"), page.locator("#start-invite")]) {
        await opener.click();
        await dialog.waitFor();
        await page.keyboard.press("Escape");
        await hasFocus(ann, opener, "the dialog gives the focus back");
      }
      assert.deepEqual(await audit(page), []);
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: says("chat.first_gif"), exact: true }).click();
      await chooser;
      // Somebody is here: they are talked to.
      await page.locator("#start-invite").focus();
      await enter(bea, room);
      await page.locator("#start").waitFor({ state: "hidden" });
      await hasFocus(ann, page.locator("#chat"), "one writes");
      await bea.page.locator("#start").waitFor({ state: "hidden" });
      await say(bea, "hello");
      await page.locator("#silence").waitFor({ state: "hidden" });
    },
  );
}

scene(
  "of forty people many are in sight beside one entry for the room, which holds all that an owner does with it",
  [],
  async (stage) => {
    const ann = await stage.visitor({ name: "ann" });
    const [{ page }, says] = [ann, words("en-US")];
    const room = await makeRoom(ann, { max: 60 });
    const guests = await arrive(stage.server, 40);
    for (const guest of guests) await guest.enter(room);
    await page.locator("#members-list .member").nth(40).waitFor();
    const list = await page.locator("#members-list").boundingBox();
    const shown = await page
      .locator("#members-list .member")
      .evaluateAll(
        (all, end) => all.filter((one) => one.getBoundingClientRect().bottom <= end).length,
        list.y + list.height,
      );
    assert.ok(shown >= 8, `${shown} are in sight`);
    const ways = await page.locator("#members .members__ways").getByRole("button").allInnerTexts();
    assert.deepEqual(
      ways.map((text) => text.trim()),
      [says("report.list"), says("owner.edit")],
    );
    await page.click("#edit-btn");
    await page.click("#delete-btn");
    await page.click("#delete-dialog [value=delete]");
    await page.waitForURL("/");
    for (const guest of guests) guest.end();
  },
);
