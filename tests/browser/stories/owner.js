// What an owner does with their room, and what it is for the other: points 12 and 13 of what the page can do.
import assert from "node:assert/strict";
import { focusKept, hasFocus } from "../support/focus.js";
import { inside, message, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { backIn, calls, memberMore, messageMore, pair, people } from "./stage.js";

/**
 * Chooses what is to be done from a menu and says yes to the question.
 * @param {Person} owner
 * @param {Locator} more
 * @param {string} action
 * @param {string} title
 * @param {Record<string, string>} [places]
 */
async function does(owner, more, action, title, places) {
  const { hand, says } = owner;
  await hand.menu(more, says(action, places));
  const question = owner.dialog(title);
  await question.waitFor();
  await hasFocus(owner, owner.button(says("owner.cancel"), question), "the harmless answer has the focus");
  return {
    question,
    yes: () => hand.use(owner.button(says(action, places), question)).then(() => question.waitFor({ state: "hidden" })),
  };
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function keepsOrder(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand } = ann;
  bea.allow(/status of 403/);
  const name = await calls(ann, bea);
  for (const text of ["first", "second"]) await say(bea, text);
  await sees(ann, "second");
  await say(ann, "my own");
  await sees(bea, "my own");

  // One message, one's own, and then all of somebody's.
  const first = messageMore(ann, "first");
  const asked = await does(ann, first, "moderation.delete", says("moderation.delete_title"));
  await hand.use(ann.button(says("owner.cancel"), asked.question));
  await hasFocus(ann, first, "who thinks better of it is back");
  await (await does(ann, first, "moderation.delete", says("moderation.delete_title"))).yes();
  for (const one of [ann, bea]) await message(one, "first").waitFor({ state: "detached" });
  await focusKept(ann, "after a message was deleted");
  await (await does(ann, messageMore(ann, "my own"), "moderation.delete", says("moderation.delete_title"))).yes();
  await message(bea, "my own").waitFor({ state: "detached" });
  await message(ann, "my own").waitFor({ state: "detached" });
  await focusKept(ann, "after one's own message was deleted");
  await (
    await does(ann, await memberMore(ann, bea), "moderation.clear", says("moderation.clear_title", { name }), { name })
  ).yes();
  for (const one of [ann, bea])
    await eventually(
      async () => (await one.log.locator(".message__gone", { hasText: one.says("line.deleted") }).count()) === 3,
    );
  await focusKept(ann, "after all messages were deleted");

  // Sent out while writing, Bea finds the way out under her fingers; the way back is offered after a minute.
  await bea.hand.write(bea.field(bea.says("chat.message")), "I was just");
  await (await does(ann, await memberMore(ann, bea), "moderation.kick", says("moderation.kick_title", { name }))).yes();
  const wayOut = bea.link(bea.says("site.see_rooms"));
  await hasFocus(bea, wayOut, "the way out has the focus");
  await eventually(async () => (await ann.page.locator("#members-list .member").count()) === 1);
  await focusKept(ann, "after somebody was sent out");
  const path = new URL(bea.page.url()).pathname;
  await bea.hand.use(wayOut);
  await bea.page.waitForURL("/");
  await bea.page.goto(path);
  await inside(bea);

  // Banned for an hour, and let in again from the settings.
  await eventually(async () => (await ann.page.locator("#members-list .member").count()) === 2);
  const ban = await does(ann, await memberMore(ann, bea), "moderation.ban", says("moderation.ban_title", { name }));
  await hand.option(ban.question.getByRole("combobox", { name: says("moderation.ban_long"), exact: true }), 0);
  await ban.yes();
  await reads(bea.page.locator(".banner__says"), bea.says("error.banned_until", { n: 60 }));
  await bea.page.goto(path);
  await reads(bea.page.locator(".error-message"), bea.says("error.banned_until", { n: 60 }));
  await people(ann);
  await hand.use(ann.button(says("owner.edit")));
  const settings = ann.dialog(says("owner.edit_title"));
  await hand.use(ann.button(says("moderation.unban", { name }), settings));
  await ann.button(says("moderation.unban", { name }), settings).waitFor({ state: "detached" });
  await focusKept(ann, "after somebody was let in again");
  await bea.page.goto(path);
  await inside(bea);
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function runsRoom(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand } = ann;
  const settings = ann.dialog(says("owner.edit_title"));
  const edit = ann.button(says("owner.edit"));
  await people(ann);
  await hand.use(edit);
  await hasFocus(ann, ann.field(says("make.name"), settings), "one changes the title at once");
  await hand.leave(settings, says("owner.cancel"));
  await hasFocus(ann, backIn(ann, edit), "the settings give the focus back");

  // All settings at once: Bea's page follows.
  await people(ann);
  await hand.use(edit);
  await hand.write(ann.field(says("make.name"), settings), "renamed");
  await hand.write(settings.getByRole("spinbutton", { name: says("make.max"), exact: true }), "7");
  await hand.write(settings.getByLabel(says("owner.password"), { exact: true }), "sesame");
  await hand.toggle(settings.getByRole("checkbox", { name: says("owner.closed"), exact: true }));
  await hand.write(settings.getByRole("spinbutton", { name: says("owner.slow"), exact: true }), "2");
  await hand.send(ann.button(says("owner.save"), settings));
  await settings.waitFor({ state: "hidden" });
  await hasFocus(ann, backIn(ann, edit), "the settings give the focus back");
  await reads(bea.page.getByRole("heading", { level: 1 }), "renamed");
  await reads(bea.page.locator("#room-people"), bea.says("chat.people", { count: 2, max: 7 }));
  await reads(bea.page.locator("#room-closed"), bea.says("rooms.closed"));
  await bea.page.locator("#room-lock").waitFor();

  // Slow mode: what Bea writes too early waits in her field and is sent when she may.
  const field = bea.field(bea.says("chat.message"));
  for (const text of ["one", "two"]) {
    await bea.hand.write(field, text);
    await eventually(async () => (await bea.page.locator("#slow-note").textContent()) === "", "she may send again");
    await bea.hand.send(bea.button(bea.says("chat.send")));
    await sees(ann, text);
  }

  // Handed over: Bea has the tools now, and deletes the room.
  const name = await calls(ann, bea);
  await (
    await does(ann, await memberMore(ann, bea), "moderation.handover", says("moderation.handover_title", { name }))
  ).yes();
  await ann.log.getByText(says("line.owner", { name })).waitFor();
  await focusKept(ann, "after the room was handed over");
  const theirs = bea.dialog(bea.says("owner.edit_title"));
  const opener = bea.button(bea.says("owner.delete"), theirs);
  await people(bea);
  await bea.hand.use(bea.button(bea.says("owner.edit")));
  await bea.hand.use(opener);
  const question = bea.dialog(bea.says("owner.delete_title"));
  await hasFocus(bea, bea.button(bea.says("owner.cancel"), question), "the harmless answer has the focus");
  await bea.hand.use(bea.button(bea.says("owner.cancel"), question));
  await hasFocus(bea, opener, "the question gives the focus back");
  await ann.hand.write(ann.field(says("chat.message")), "I was just");
  await bea.hand.use(opener);
  await bea.hand.use(bea.button(bea.says("owner.delete"), question));
  await bea.page.waitForURL("/");
  const way = ann.link(says("site.see_rooms"));
  await hasFocus(ann, way, "the way out has the focus");
  await ann.hand.use(way);
  await ann.page.waitForURL("/");
  assert.equal(await ann.page.locator("#room-list .room").count(), 0);
}
