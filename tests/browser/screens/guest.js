// What passes between people in a room, as somebody sees it who is not its owner.
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { ball, gif, rings, sea } from "../support/gif.js";
import { enter, reads, say, showPeople } from "../support/pages.js";
import { eventually } from "../support/wait.js";

const TALK = {
  en: {
    title: "Sunday GIF breakfast",
    hello: "good morning!",
    mine: "coffee first",
    bad: "you are all wrong and I will say so until somebody answers me",
    deleted: "gone in a moment",
    psst: "psst, are you coming tonight?",
    yes: "sure, when?",
    gifs: ["A sea at noon", "Rings that run outwards", "A ball jumps", "A tower of waves", ""],
    secret: "A small sea for the two of us",
    long: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch_is_where_I_will_be_waiting",
    draft: "see you at nine",
  },
  ko: {
    title: "일요일 아침 움짤 모임",
    hello: "좋은 아침이에요!",
    mine: "커피부터 마실게요",
    bad: "다들 틀렸어요 누가 대답할 때까지 계속 말할 거예요",
    deleted: "곧 사라질 말",
    psst: "혹시 오늘 저녁에 와요?",
    yes: "그럼요, 몇 시예요?",
    gifs: ["한낮의 바다", "바깥으로 퍼지는 고리", "뛰어오르는 공", "탑처럼 솟은 파도", ""],
    secret: "둘만 보는 작은 바다",
    long: "띄어쓰기가전혀없는아주긴귓속말도창밖으로넘치지않아야합니다정말로그래야합니다",
    draft: "아홉 시에 봐요",
  },
};

/** @type {GifLook[]} */
const LOOKS = [
  { width: 240, height: 120, frames: 2, paint: sea },
  { width: 120, height: 120, frames: 2, paint: rings },
  { width: 160, height: 110, frames: 2, paint: (x, y, time, colours) => ball(x, y, time, colours) },
  { width: 90, height: 200, frames: 2, paint: sea },
  { width: 48, height: 32, frames: 2, paint: rings },
];

/** @typedef {typeof TALK.en} Talk */

useChromium();

scenes("a room as its guests see it", ["--seat-grace", "300ms"], async (stage, album, lang) => {
  const words = TALK[lang];
  const ann = await album.visitor("ann");
  ann.allow(/status of 403/);
  const [owner, bea, cat, dan, eve] = await arrive(stage.server, 5);
  const room = await owner.makeRoom({ title: words.title });
  await owner.enter(room);
  await bea.enter(room);
  await enter(ann, room);
  await sheets(ann, { owner, bea }, words, album);
  await lines(ann, { owner, bea, cat, dan, eve }, words, album);
  await rules(ann, owner, room, words, album);
  for (const one of [owner, bea, cat, dan, eve]) one.end();
});

/**
 * The tray, whispers, the invite, a report.
 * @param {PageVisitor} ann
 * @param {{ owner: Guest, bea: Guest }} guests
 * @param {Talk} words
 * @param {Album} album
 */
async function sheets(ann, { owner, bea }, words, album) {
  const { page } = ann;
  const me = await page.evaluate(() => document.body.dataset.me);
  await page.click("#tray-btn");
  await reads(page.locator("#tray-note"), /./);
  await album.shoot(ann, "tray-empty");
  await page.keyboard.press("Escape");
  for (const [n, alt] of words.gifs.entries()) await [owner, bea][n % 2].sendGif(alt, LOOKS[n]);
  await page.click("#tray-btn");
  await loaded(page, "#tray-list img", words.gifs.length);
  await album.shoot(ann, "tray");
  await page.keyboard.press("Escape");

  await album.shoot(ann, "menu-member", (width) => openMemberMenu(ann, bea.id, width));
  await page
    .locator("#menu")
    .getByRole("menuitem", { name: /Whisper|귓속말/ })
    .click();
  await page.locator("#whisper[open]").waitFor();
  await album.shoot(ann, "whisper-empty");
  await bea.whisper(me, words.psst);
  await whisperBack(page, words.yes);
  await bea.whisperGif(me, words.secret, { width: 240, height: 130, frames: 2, paint: sea });
  await bea.whisper(me, words.long);
  await page.setInputFiles("#whisper-gif", { name: "ball.gif", mimeType: "image/gif", buffer: gif(LOOKS[2]) });
  await whisperBack(page, words.gifs[2]);
  await loaded(page, "#whisper-log .gif__frame img", 2);
  await page.setInputFiles("#whisper-gif", {
    name: "a-very-long-name-of-a-file-that-nobody-would-ever-type-by-hand.gif",
    mimeType: "image/gif",
    buffer: gif(),
  });
  await page.fill("#whisper-text", words.draft);
  await album.shoot(ann, "whisper", () =>
    page.$eval("#whisper-log", (log) => {
      log.scrollTop = log.scrollHeight;
    }),
  );
  await page.keyboard.press("Escape");
  await bea.whisper(me, words.draft);
  await page.locator("#whispers-news:visible").waitFor();
  await album.shoot(ann, "whisper-news");

  await page.click("#invite-btn");
  await loaded(page, "#invite-qr", 1);
  await album.shoot(ann, "invite-open");
  await page.keyboard.press("Escape");
  const { _id: bad } = await bea.say(words.bad);
  await page.locator(`[data-id="${bad}"]`).hover();
  await page.locator(`[data-id="${bad}"] .more`).click();
  await album.shoot(ann, "menu-message", () => openMenu(page, bad));
  await page
    .locator("#menu")
    .getByRole("menuitem", { name: /Report|신고/ })
    .click();
  await page.locator("#report[open]").waitFor();
  await album.shoot(ann, "report");
  await page.keyboard.press("Escape");
  await page.locator(`[data-id="${bad}"]`).hover();
  await page.locator(`[data-id="${bad}"] .more`).click();
  await page
    .locator("#menu")
    .getByRole("menuitem", { name: /Mute|나만/ })
    .click();
  await bea.say(words.hello);
  await eventually(async () => (await page.locator(".message--muted").count()) > 1);
  await album.shoot(ann, "muted");
  await page.locator(".message__muted button").first().click();
}

/**
 * Every line that nobody says, and a message that was deleted.
 * @param {PageVisitor} ann
 * @param {Record<"owner" | "bea" | "cat" | "dan" | "eve", Guest>} guests
 * @param {Talk} words
 * @param {Album} album
 */
async function lines(ann, { owner, bea, cat, dan, eve }, words, album) {
  const { page } = ann;
  const room = owner.room;
  await cat.enter(room);
  await dan.enter(room);
  await eve.enter(room);
  await cat.say(words.hello);
  await cat.leave();
  await say(ann, words.mine);
  const { _id: gone } = await dan.say(words.deleted);
  await eve.say(words.bad);
  await owner.moderate("delete", { message: gone });
  await owner.moderate("clear", { visitor: eve.id });
  await owner.moderate("kick", { visitor: dan.id });
  await owner.moderate("ban", { visitor: eve.id });
  await owner.moderate("handover", { visitor: bea.id });
  await page.locator(".system[data-line=owner]").waitFor();
  await bea.moderate("handover", { visitor: owner.id });
  await eventually(async () => (await page.locator(".system[data-line=owner]").count()) === 2);
  await eventually(async () => (await page.locator(".message__gone").count()) === 2);
  await album.shoot(ann, "lines");
}

/**
 * Slow mode, a closed room, and being sent out of it.
 * @param {PageVisitor} ann
 * @param {Guest} owner
 * @param {string} room
 * @param {Talk} words
 * @param {Album} album
 */
async function rules(ann, owner, room, words, album) {
  const { page } = ann;
  await owner.edit({ slow: 90, closed: true });
  await page.locator("#room-closed:visible").waitFor();
  await album.shoot(ann, "closed");
  await say(ann, words.mine);
  await page.locator("#slow-note:not(:empty)").waitFor();
  await page.fill("#chat", words.draft);
  await album.shoot(ann, "slow");
  const me = await page.evaluate(() => document.body.dataset.me);
  await owner.edit({ closed: false });
  await owner.moderate("kick", { visitor: me });
  await page.locator("#notices .banner").waitFor();
  await album.shoot(ann, "kicked");
  await enter(ann, room);
  await owner.moderate("ban", { visitor: me });
  await page.locator("#notices .banner").waitFor();
  await album.shoot(ann, "banned");
  await page.goto(`/room/${room}`);
  await page.locator(".error-message").waitFor();
  await album.shoot(ann, "banned-page");
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
async function whisperBack(page, text) {
  await page.fill("#whisper-text", text);
  await page.press("#whisper-text", "Enter");
  await eventually(async () => (await page.inputValue("#whisper-text")) === "", "it was sent");
}

/**
 * Opens the menu of a member, in the drawer of a phone or in the column of a desk.
 * @param {PageVisitor} ann
 * @param {string} id
 * @param {number} width
 */
async function openMemberMenu(ann, id, width) {
  const { page } = ann;
  await page.keyboard.press("Escape");
  await showPeople(ann, width);
  await page.locator(`#members-list [data-id="${id}"] .more`).click();
  await page.locator("#menu:popover-open").waitFor();
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} id
 */
async function openMenu(page, id) {
  await page.keyboard.press("Escape");
  await page.locator(`[data-id="${id}"]`).hover();
  await page.locator(`[data-id="${id}"] .more`).click();
}

/**
 * Waits until so many pictures are there, as far as they are in view.
 * @param {import("playwright-core").Page} page
 * @param {string} selector
 * @param {number} count
 */
async function loaded(page, selector, count) {
  await eventually(async () => (await page.locator(selector).count()) === count);
  await eventually(
    () =>
      page.$$eval(selector, (/** @type {HTMLImageElement[]} */ all) =>
        all.every((image) => (image.complete && image.naturalWidth > 0) || image.getBoundingClientRect().bottom < 0),
      ),
    `${selector} is drawn`,
  );
}
