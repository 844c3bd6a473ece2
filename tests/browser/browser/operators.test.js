// What visitors see of what an operator decides.
import assert from "node:assert/strict";
import { scenes } from "../support/album.js";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, REFUSED, enter, makeRoom, message, openList, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

const FLAGS = ["--admin", "127.0.0.1:0"];
const NOTICE = "We are moving on Sunday from 10 to 11: rooms will be gone. 일요일 10시부터 11시까지 서버를 옮겨요.";

/**
 * Does something as an operator, or without a body looks; what is answered.
 * @param {Stage} stage
 * @param {string} path
 * @param {object} [body]
 */
async function operate(stage, path, body) {
  const at = await eventually(
    async () => stage.server.log.find((line) => line.operators)?.operators,
    "it says where operators are",
  );
  const how = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`http://${at}${path}`, how);
  assert.ok(answer.ok, `${path} is answered with ${answer.status}`);
  return answer.json();
}

scenes("a notice, a pause and a ban", FLAGS, async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const [ann, bea] = [await album.visitor("ann"), await album.visitor("bea")];
  for (const one of [ann, bea]) one.allow(REFUSED, ...NO_LINE);
  await operate(stage, "/notice", { text: NOTICE });
  await openList(ann);
  await reads(ann.page.locator(".bulletin"), NOTICE);
  await album.shoot(ann, "operators-notice-main");
  const room = await makeRoom(ann, { title: "cats" });
  await say(ann, "hello");
  await reads(ann.page.locator(".bulletin"), NOTICE);
  await album.shoot(ann, "operators-notice-chat");

  await operate(stage, "/pauses", { rooms: true });
  await bea.page.goto("/room");
  await bea.page.fill("[name=title]", "dogs");
  await bea.page.click("#room-form [type=submit]");
  await bea.page.getByText(says("error.paused_rooms")).first().waitFor();
  await album.shoot(bea, "operators-paused");

  await operate(stage, "/pauses", {});
  await enter(bea, room);
  await sees(bea, "hello");
  const id = await bea.page.evaluate(() => document.body.dataset.me);
  await operate(stage, "/bans", { who: id, seconds: 7_200, why: "spam" });
  await reads(bea.page.locator("h1"), says("error.banned_from_site_hours", { n: 2 }));
  await album.shoot(bea, "operators-banned");
  await say(ann, "still here");
});

scenes("a report to the site, of a message of somebody and of the owner", FLAGS, async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const [ann, bea, eve] = [await album.visitor("ann"), await album.visitor("bea"), await album.visitor("eve")];
  const room = await makeRoom(ann, { title: "cats" });
  for (const one of [bea, eve]) await enter(one, room);
  await say(eve, "bad");
  await say(ann, "worse");
  await sees(bea, "worse");
  const dialog = bea.page.locator("#report[open]");
  /** @param {string} text */
  const opens = async (text) => {
    await message(bea, text).hover();
    await message(bea, text).locator(".more").click();
    await bea.page.getByRole("menuitem", { name: says("report.report"), exact: true }).click();
    await dialog.waitFor();
  };
  /** @param {string} text */
  const told = (text) => bea.page.getByText(says(text), { exact: true }).first().waitFor();
  /** @param {string} name */
  const button = (name) => dialog.getByRole("button", { name: says(name), exact: true });

  await opens("bad");
  await bea.page.fill("#report-reason", "it is rude");
  await album.shoot(bea, "report-to-either");
  await button("report.to_site").click();
  await told("report.sent_site");
  assert.equal(await ann.page.locator("#reports-badge").isVisible(), false, "the owner hears nothing");

  await opens("worse");
  assert.equal(await button("report.to_owner").count(), 0, "nobody tells the owner about the owner");
  await reads(bea.page.locator("#report-text"), says("report.text_site"));
  await album.shoot(bea, "report-to-site");
  await bea.page.press("#report-reason", "Enter");
  await dialog.waitFor({ state: "detached" });

  await opens("bad");
  await bea.page.press("#report-reason", "Enter");
  await dialog.waitFor({ state: "detached" });
  await reads(ann.page.locator("#reports-count"), "1");
  const { reports } = await operate(stage, "/reports");
  assert.deepEqual(
    reports.map((/** @type {{ message: Message, reason: string }} */ { message, reason }) => [message.chat, reason]),
    [
      ["bad", "it is rude"],
      ["worse", ""],
    ],
  );
});

scenes("a report of a room to the site, from the list", FLAGS, async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const [ann, bea] = [await album.visitor("ann"), await album.visitor("bea")];
  await openList(bea);
  await makeRoom(ann, { title: "An awfully long and rude title, two lines of it" });
  const row = bea.page.locator("#room-list .room");
  await row.waitFor();
  await bea.page.reload();
  await album.shoot(bea, "report-room-list");
  await row.locator(".room__report").click();
  await reads(bea.page.locator("h1"), says("report.room_title"));
  await album.shoot(bea, "report-room");
  await bea.page.fill("#reason", "rude");
  await bea.page.click("[type=submit]");
  await reads(bea.page.locator("h1"), says("report.sent_site"));
  await album.shoot(bea, "report-room-sent");
  const { reports } = await operate(stage, "/reports");
  assert.deepEqual(
    reports.map((/** @type {Record<string, string>} */ { about, title, reason }) => [
      about,
      title.slice(0, 10),
      reason,
    ]),
    [[null, "An awfully", "rude"]],
  );
});

scene("a room that comes while the list is open can be reported from there", FLAGS, async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await openList(bea);
  const id = await makeRoom(ann, { title: "dogs" });
  const link = bea.page.locator(".room__report");
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), `/room/${id}/report`);
  assert.equal(await link.innerText(), "Report room: dogs");
});
