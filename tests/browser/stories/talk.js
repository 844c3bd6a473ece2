// The conversation as one reads and writes it: points 3, 7, 8, 10 and 11 of what the page can do.
import assert from "node:assert/strict";
import { focusKept, hasFocus } from "../support/focus.js";
import { NO_LINE, enter, message, reads, sees } from "../support/pages.js";
import { Visitor, ask } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { backIn, calls, messageMore, pair, people, person } from "./stage.js";

/** @type {(visitor: WithPage) => Promise<number[]>} */
const seqs = ({ page }) => page.$$eval("#rows [data-seq]", (all) => all.map((row) => Number(row.dataset.seq)));

/**
 * Writes and sends by hand.
 * @param {Person} person
 * @param {string} text
 */
async function writes({ hand, page, says, button, field }, text) {
  await hand.write(field(says("chat.message")), text);
  await hand.send(button(says("chat.send")));
  await message({ page }, text).waitFor();
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function readsBack(stage, options) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ title: "long talk" });
  const socket = await owner.enter(id);
  for (let n = 1; n <= 80; n += 1) await ask(socket, "chat", { chat: `line ${n}` });
  const [ann, bea] = [await person(stage, "ann", options), await person(stage, "bea", options)];
  for (const one of [ann, bea]) await enter(one, id);

  // Up through the history, as far as it goes.
  for (let n = 0; (await seqs(bea))[0] !== 1; n += 1) {
    assert.ok(n < 60, "it comes to an end");
    await bea.hand.scrollUp(bea.log);
  }
  await writes(ann, "something new");
  const pill = bea.button(bea.says("talk.new_one"));
  await bea.hand.useBefore(pill);
  await sees(bea, "something new");
  await hasFocus(bea, bea.log, "one reads on in the list");
  await pill.waitFor({ state: "hidden" });
  assert.equal(await bea.log.evaluate((list) => list.scrollTop), 0);
  owner.end();
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function talks(stage, options) {
  const { ann, bea } = await pair(stage, options);
  const { says, hand, page } = bea;
  await bea.context.grantPermissions(["clipboard-read", "clipboard-write"]);

  // Who is here: the list, what one is told about each, and back.
  await writes(ann, "look at https://example.org/");
  await sees(bea, "look at");
  const panel = await people(bea);
  const rows = panel.getByRole("list").first().getByRole("listitem");
  const said = (await rows.allInnerTexts()).map((text) => text.trim().replaceAll(/\s+/g, " "));
  assert.deepEqual(said, [
    `${await calls(bea, ann)} ${ann.color} ${says("chat.owner")}`,
    `${bea.called} ${bea.color} ${says("site.me")}`,
  ]);
  const opener = backIn(bea, null);
  if (opener) {
    await hand.leave(panel, says("site.close"));
    await hasFocus(bea, opener, "the list gives the focus back");
  }

  // The text of a message is copied from its menu, which gives the focus back; told again each time.
  const more = messageMore(bea, "look at");
  for (let n = 0; n < 2; n += 1) {
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await hand.menu(more, says("talk.copy"));
    await eventually(
      async () => (await page.evaluate(() => navigator.clipboard.readText())) === "look at https://example.org/",
    );
    await reads(page.locator("#announcer"), says("talk.copied"));
    await hasFocus(bea, more, "the menu gives the focus back");
  }

  // Notifications are switched on, as far as the browser lets one.
  const notify = bea.toggle(says("chat.notify"));
  await people(bea);
  await hand.toggle(notify);
  await reads(page.locator("#notify-why"), says("talk.notify_denied"));
  assert.equal(await notify.getAttribute("aria-checked"), "false");
  if (opener) await hand.leave(panel, says("site.close"));
}

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function survives(stage, options) {
  const { ann, bea, id } = await pair(stage, options);
  const { says, hand, page } = bea;
  let refuse = true;
  await page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    line.onMessage((frame) => {
      const ack = /^42\/chat,(\d+)\["chat",.*unlucky/.exec(String(frame))?.[1];
      if (ack && refuse) line.send(`43/chat,${ack}[{"ok":false,"code":"rate_limited","message":"Too fast."}]`);
      else server.send(frame);
    });
  });
  await enter(bea, id);

  // What was refused says so, is taken away, or is sent again.
  for (const [text, way] of [
    ["unlucky for good", "chat.delete"],
    ["unlucky at first", "chat.retry"],
  ]) {
    await writes(bea, text);
    const failed = message(bea, text);
    await failed.locator(".message__why").waitFor();
    if (way === "chat.retry") refuse = false;
    await hand.use(bea.button(says(way), failed));
    await focusKept(bea, "after that");
  }
  await message(bea, "unlucky for good").waitFor({ state: "detached" });
  await sees(ann, "unlucky at first");

  // The line is gone, is said to be, and one may try at once.
  const status = ann.page.getByRole("status");
  ann.allow(...NO_LINE);
  await ann.context.setOffline(true);
  await status.filter({ hasText: ann.says("talk.reconnecting") }).waitFor();
  await writes(bea, "while she was away");
  await sees(bea, "while she was away");
  await writes(ann, "written without a line");
  await ann.hand.useBefore(ann.button(ann.says("talk.connect_now")));
  await ann.context.setOffline(false);
  await status.filter({ hasText: ann.says("talk.back") }).waitFor();
  await focusKept(ann, "when the line is back");
  await reads(ann.log.locator(".day--missed"), ann.says("talk.missed_one"));
  await sees(bea, "written without a line");
}
