// The story of an operator at the console: signs in, reads a report, looks into the room, removes, bans, pauses, and reads what was done.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { gif, sea } from "../support/gif.js";
import { NO_LINE, choose, enter, makeRoom, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const TOKENS = join(mkdtempSync(join(tmpdir(), "gifchat-tokens-")), "tokens");
writeFileSync(TOKENS, "ann 5mGkP2vXq8Tz4NwR\n");
const FLAGS = ["--admin", "127.0.0.1:0", "--admin-token-file", TOKENS];
const REFUSED = /status of (401|403|404|422)/;

scenes("an operator's day at the console", FLAGS, async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const [ann, bea, op] = [await album.visitor("ann"), await album.visitor("bea"), await album.visitor("op")];
  for (const one of [ann, bea, op]) one.allow(REFUSED, ...NO_LINE, /request to http:\/\/127\.0\.0\.1:\d+\//);
  const at = await eventually(
    async () => stage.server.log.find((line) => line.operators)?.operators,
    "it says where operators are",
  );
  const room = await makeRoom(ann, { title: "고양이 & a title that is long enough to need two lines" });
  await say(ann, "an_awfully_long_word_without_any_place_to_break_it_that_goes_on_and_on_and_on");
  const pictures = [gif(), gif({ width: 90, height: 60 }), gif({ paint: sea })];
  for (const [sent, bytes] of pictures.entries()) {
    await choose(ann, { name: "rings.gif", bytes });
    await ann.page.locator("#chat-form [type=submit]").click();
    await ann.page.locator("#chat-list .message[data-seq] .gif").nth(sent).waitFor();
  }
  await enter(bea, room);
  await say(bea, "rude words\nin two lines");
  await sees(ann, "rude words\nin two lines");
  const bad = await ann.page.evaluate(() => document.querySelector("#chat-list .message.other").dataset.id);
  for (const message of [bad, undefined]) {
    await ann.page.evaluate(
      ([room, message]) =>
        fetch(`/room/${room}/reports/site`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify({ message, reason: "it is rude" }),
        }),
      [room, message],
    );
  }

  const { page } = op;
  /** @param {string} text */
  const button = (text) => page.getByRole("button", { name: says(text), exact: true });
  /** @param {string} text */
  const go = (text) =>
    page
      .locator("nav")
      .getByRole("link", { name: says(text) })
      .click();
  /** @param {string} text */
  const heading = (text) => reads(page.locator("h1"), text);
  const done = () => reads(page.getByRole("status"), says("console.done"));
  await page.goto(`http://${at}/`);
  await page.fill("#token", "wrong");
  await button("console.sign_in").click();
  await reads(page.locator("#token-error"), says("console.wrong_token"));
  await album.shoot(op, "console-sign-in");
  await page.fill("#token", "5mGkP2vXq8Tz4NwR");
  await page.press("#token", "Enter");
  await heading(says("console.overview"));
  await album.shoot(op, "console-overview");

  await go("console.reports");
  await page.getByText("rude words").waitFor();
  await album.shoot(op, "console-reports");
  const card = page.locator(".console__card", { hasText: "rude words" });
  await card.locator("summary").click();
  await card.locator("[name=why]").fill("rude");
  await card.getByRole("button", { name: says("console.remove_message") }).click();
  await done();
  await ann.page.getByText(says("line.deleted")).first().waitFor();
  const dismiss = page.getByRole("button", { name: new RegExp(`^${says("console.dismiss")}`) });
  await dismiss.first().click();
  await dismiss.nth(1).waitFor({ state: "detached" });
  await done();

  await go("console.rooms");
  await album.shoot(op, "console-rooms");
  await page.locator("tbody a").click();
  await heading("고양이 & a title that is long enough to need two lines");
  await page.locator(".console__card summary").first().click();
  await album.shoot(op, "console-room");
  await page.locator(".console__still img").first().click();
  await heading("GIF");
  assert.equal(
    await page.getByRole("link", { name: says("console.near_one") }).count(),
    1,
    "the same rings in another size, and no sea",
  );
  await album.shoot(op, "console-gif");
  await page.getByText(says("console.block"), { exact: true }).first().click();
  await page.locator("details[open] [name=why]").fill("not ours");
  await button("console.block").click();
  await done();
  await album.shoot(op, "console-blocked");

  const visitor = await bea.page.evaluate(() => document.body.dataset.me);
  await go("console.find");
  await page.fill("#for", "nobody");
  await page.press("#for", "Enter");
  await reads(page.locator("#for-error"), says("console.find_wrong"));
  await album.shoot(op, "console-find");
  await page.fill("#for", visitor);
  await page.press("#for", "Enter");
  await page.getByText(visitor).first().waitFor();
  await page.locator("details.console__part > summary").click();
  await album.shoot(op, "console-visitor");
  await page.locator("details[open] [name=seconds]").selectOption("3600");
  await button("console.ban").click();
  await done();
  await page.getByText(visitor).first().waitFor();
  await reads(bea.page.locator("h1"), /60/);
  await album.shoot(op, "console-bans");
  await page.getByRole("button", { name: new RegExp(`^${says("console.lift")}`) }).click();
  await reads(page.locator(".console > .hush"), says("console.bans_none"));

  await go("console.overview");
  await page.check("[name=uploads]");
  await button("console.save_pauses").first().click();
  await done();
  assert.ok(await page.isChecked("[name=uploads]"));
  await go("console.audit");
  await reads(page.locator("tbody tr").first().locator("td").nth(2), "pause");
  assert.equal(await page.locator("tbody tr").count(), 6);
  await album.shoot(op, "console-audit");
  await page.goto(`http://${at}/rooms/5f5f5f5f5f5f5f5f5f5f5f5f`);
  await heading(says("error.room_not_found"));
  await album.shoot(op, "console-error");
  await button("console.sign_out").click();
  await heading(says("console.sign_in"));
});
