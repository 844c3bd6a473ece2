// What passes between two people alone: whispers, muting, reports, invites: points 9, 14 and 15 of what the page can do.
import assert from "node:assert/strict";
import { focusKept, hasFocus } from "../support/focus.js";
import { arrive } from "../support/company.js";
import { gif, sea } from "../support/gif.js";
import { inside, message, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { backIn, calls, memberMore, messageMore, pair, people } from "./stage.js";

/** @type {(visitor: Person, text: string) => Locator} */
const whispered = ({ page, says }, text) =>
  page.getByRole("log", { name: says("whisper.log"), exact: true }).locator(".message__text", { hasText: text });

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function whispers(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says } = ann;

  // Ann opens a whisper from the list of people and writes.
  const more = await memberMore(ann, bea);
  await ann.hand.menu(more, says("whisper.whisper"));
  const anns = ann.dialog(says("whisper.with", { name: await calls(ann, bea) }));
  await anns.waitFor();
  const hers = ann.field(says("whisper.text"), anns);
  await hasFocus(ann, hers, "one writes at once");
  await ann.hand.write(hers, "psst");
  await ann.hand.send(ann.button(says("chat.send"), anns));
  await whispered(ann, "psst").waitFor();

  const name = await calls(bea, ann);
  // Bea is told, opens it and answers with a GIF of her own and one of the room.
  await reads(bea.page.locator("#announcer"), bea.says("whisper.came", { name }));
  await bea.hand.use(bea.button(bea.says("whisper.unread_one", { name })));
  const beas = bea.dialog(bea.says("whisper.with", { name }));
  await whispered(bea, "psst").waitFor();
  const theirs = beas.getByRole("textbox");
  await bea.hand.choose(beas.getByLabel(`GIF: ${bea.says("chat.pick")}`, { exact: true }), {
    name: "own.gif",
    mimeType: "image/gif",
    buffer: gif({ paint: sea }),
  });
  await hasFocus(bea, theirs, "one writes with it at once");
  await bea.hand.use(bea.button(bea.says("whisper.without"), beas));
  await hasFocus(bea, theirs, "and may take it back");
  await bea.hand.choose(beas.getByLabel(`GIF: ${bea.says("chat.pick")}`, { exact: true }), {
    name: "own.gif",
    mimeType: "image/gif",
    buffer: gif({ paint: sea }),
  });
  await bea.hand.write(theirs, "only for you");
  await bea.hand.send(bea.button(bea.says("chat.send"), beas));
  await anns.locator(".message", { hasText: "only for you" }).locator(".gif").waitFor();
  const tray = bea.dialog(bea.says("tray.title"));
  const opener = bea.button(bea.says("tray.open"), beas);
  await bea.hand.use(opener);
  await tray.waitFor();
  await bea.hand.leave(tray, bea.says("site.close"));
  await hasFocus(bea, opener, "the tray gives the focus back to the whisper");

  // Both leave; the focus is where one goes on.
  await bea.hand.leave(beas, bea.says("site.close"));
  await focusKept(bea, "after the whisper");
  await ann.hand.leave(anns, says("site.close"));
  await hasFocus(ann, backIn(ann, more), "the whisper gives the focus back");
  // From the list of whispers one comes back to it.
  const panel = await people(bea);
  await bea.hand.use(panel.getByRole("region", { name: bea.says("whisper.list"), exact: true }).getByRole("button"));
  await whispered(bea, "psst").waitFor();
  await bea.hand.leave(beas, bea.says("site.close"));
  await focusKept(bea, "after the whisper");
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function mutes(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand, page } = bea;
  await say(ann, "noise");
  await sees(bea, "noise");
  const text = message(bea, "noise").locator(".message__text");
  await hand.menu(messageMore(bea, "noise"), says("mute.mute"));
  await text.waitFor({ state: "hidden" });
  const show = bea.button(says("mute.undo"));
  await hasFocus(bea, show, "one can take it back at once");
  await reads(page.locator("#announcer"), says("mute.done", { name: await calls(bea, ann) }));
  await hand.use(show);
  await text.waitFor();
  await hasFocus(bea, messageMore(bea, "noise"), "the focus stays at the message");
  // The same from the list of people.
  await hand.menu(await memberMore(bea, ann), says("mute.mute"));
  await text.waitFor({ state: "hidden" });
  await focusKept(bea, "after muting");
  await hand.menu(await memberMore(bea, ann), says("mute.undo"));
  await text.waitFor();
  await focusKept(bea, "after that");
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function reports(stage, options) {
  const { ann, bea, id } = await pair(stage, options);
  const { says, hand } = bea;
  const [cat] = await arrive(stage.server, 1);
  await cat.enter(id);
  for (const text of ["first offence", "second offence"]) {
    await cat.say(text);
    await sees(bea, text);
    const more = messageMore(bea, text);
    const ask = bea.dialog(says("report.title"));
    if (text === "first offence") {
      await hand.menu(more, says("report.report"));
      await hand.use(bea.button(says("owner.cancel"), ask));
      await hasFocus(bea, more, "who thinks better of it is back");
    }
    await hand.menu(more, says("report.report"));
    const reason = ask.getByRole("textbox");
    await hasFocus(bea, reason, "one writes at once");
    await hand.write(reason, "it is rude");
    await hand.send(bea.button(says("report.send"), ask));
    await ask.waitFor({ state: "hidden" });
    await hasFocus(bea, more, "the report gives the focus back");
    await reads(bea.page.locator("#announcer"), says("report.sent"));
  }

  // The owner hears of it, looks, lets one pass and deletes the other.
  await reads(ann.page.locator("#announcer"), ann.says("report.came"));
  await people(ann);
  const opener = ann.button(`${ann.says("report.list")} 2`);
  await ann.hand.use(opener);
  const list = ann.dialog(ann.says("report.list"));
  /** @param {string} text */
  const entry = (text) => list.getByRole("listitem").filter({ hasText: text });
  await entry("first offence").waitFor();
  await ann.hand.use(ann.button(ann.says("report.dismiss"), entry("first offence")));
  await entry("first offence").waitFor({ state: "detached" });
  await focusKept(ann, "after a report was let pass");
  await ann.hand.use(ann.button(ann.says("report.delete"), entry("second offence")));
  await reads(ann.page.locator("#reports-note"), ann.says("report.none"));
  await ann.hand.leave(list, ann.says("site.close"));
  await hasFocus(ann, backIn(ann, ann.button(ann.says("report.list"))), "the reports give the focus back");
  for (const one of [ann, bea])
    await one.log.locator(".message__gone", { hasText: one.says("line.deleted") }).waitFor();
  await message(bea, "first offence").waitFor();
  cat.end();
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function invites(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand, page } = ann;
  bea.allow(/status of 40[34]/);
  await ann.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ann.context.addInitScript(() => {
    navigator.share = async (what) => {
      window.shared = what;
    };
  });
  await page.goto("/room");
  await hand.write(ann.field(says("make.name")), "locked");
  await hand.write(page.getByLabel(says("make.password")), "open sesame");
  await hand.send(ann.button(says("make.submit")));
  await page.waitForURL(/\/room\/\w+$/);
  await inside(ann);

  const opener = ann.button(says("invite.title")).first();
  await hand.use(opener);
  const dialog = ann.dialog(says("invite.title"));
  await dialog.getByRole("img", { name: says("invite.qr"), exact: true }).waitFor();
  const copy = ann.button(says("invite.copy"), dialog);
  await hasFocus(ann, copy, "one copies at once");
  await hand.use(copy);
  await reads(dialog.getByRole("status"), says("invite.copied"));
  const url = await page.evaluate(() => navigator.clipboard.readText());
  await hand.use(ann.button(says("invite.share"), dialog));
  await eventually(
    async () => (await page.evaluate(() => window.shared?.url)) === url,
    "the share sheet gets the link",
  );
  await bea.page.goto(url);
  await inside(bea);
  await hand.use(ann.button(says("invite.withdraw"), dialog));
  await reads(dialog.getByRole("status"), says("invite.withdrawn"));
  await focusKept(ann, "after the invites were withdrawn");
  await hand.leave(dialog, says("site.close"));
  await hasFocus(ann, opener, "the invite gives the focus back");
  await bea.page.goto(url);
  await bea.page.getByRole("heading", { name: bea.says("error.invite_not_found"), exact: true }).waitFor();
  assert.ok(url.includes("/invite/"));
}
