// A room as its owner sees it: who is there, what can be done with them, how the room is edited.
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { sea } from "../support/gif.js";
import { makeRoom, reads, say, sees, showPeople } from "../support/pages.js";
import { eventually } from "../support/wait.js";

const TALK = {
  en: {
    title: "A very long evening for who can't sleep at all",
    hello: "hello there",
    bad: "Pneumonoultramicroscopicsilicovolcanoconiosis_without_any_space_to_break_at",
    why: "this is the third time today, and nobody finds it funny any more",
    sea: "A sea that nobody asked for",
  },
  ko: {
    title: "잠이 오지 않아 움짤이나 보내는 사람들의 아주아주 긴 밤",
    hello: "안녕하세요",
    bad: "하지만띄어쓰기가없는아주긴한국어문장도넘치지않아야합니다하지만띄어쓰기가없는아주긴문장",
    why: "오늘만 벌써 세 번째예요. 이제 아무도 재미있어하지 않아요",
    sea: "아무도 보내 달라고 하지 않은 바다",
  },
};

// More than fit into the column or the drawer.
const MANY = 14;

/** @typedef {typeof TALK.en} Talk */

useChromium();

scenes("a room as its owner sees it", [], async (stage, album, lang) => {
  const words = TALK[lang];
  const ann = await album.visitor("ann");
  const room = await makeRoom(ann, { title: words.title, password: "sesame", max: 200 });
  await album.shoot(ann, "own");
  const { invited, guests } = await invite(ann, stage, album);
  const [bea, cat, dan] = guests;
  for (const guest of guests.slice(0, 3)) {
    await guest.visitor.fetch(invited);
    await guest.enter(room);
  }
  await deeds(ann, bea, words, album);
  await reports(ann, { bea, cat, dan }, words, album);
  await edits(ann, [cat, dan], album);
  await many(ann, { invited, room, guests: guests.slice(3) }, album);
  for (const guest of guests) guest.end();
});

/**
 * The invite of a locked room, before and after it was withdrawn; gives the path of one that works.
 * @param {PageVisitor} ann
 * @param {Stage} stage
 * @param {Album} album
 */
async function invite({ page }, stage, album) {
  const ann = { page };
  const open = async () => {
    await page.click("#invite-btn");
    await page.locator("#invite-qr").waitFor();
    await page.locator("#invite-withdraw:visible").waitFor();
  };
  await open();
  await album.shoot(ann, "invite-secret");
  await page.click("#invite-withdraw");
  await reads(page.locator("#invite-note"), /./);
  await album.shoot(ann, "invite-withdrawn");
  await page.keyboard.press("Escape");
  await open();
  const invited = new URL(await page.inputValue("#invite-url")).pathname;
  await page.keyboard.press("Escape");
  return { invited, guests: await arrive(stage.server, MANY) };
}

/**
 * The menus of a person and of a message, and the question that each entry asks.
 * @param {PageVisitor} ann
 * @param {Guest} bea
 * @param {Talk} words
 * @param {Album} album
 */
async function deeds(ann, bea, words, album) {
  const { page } = ann;
  const { _id: said } = await bea.say(words.hello);
  await sees(ann, words.hello);
  const menus = { person: `#members-list [data-id="${bea.id}"]`, message: `#rows [data-id="${said}"]` };
  /** @type {(subject: keyof typeof menus, width: number) => Promise<void>} */
  const open = async (subject, width) => {
    await page.keyboard.press("Escape");
    if (subject === "person") await showPeople(ann, width);
    await page.locator(menus[subject]).hover();
    await page.locator(`${menus[subject]} .more`).click();
    await page.locator("#menu:popover-open").waitFor();
  };
  for (const subject of /** @type {const} */ (["person", "message"])) {
    await album.shoot(ann, `own-menu-${subject}`, (width) => open(subject, width));
    await page.keyboard.press("Escape");
  }
  const questions = {
    person: { handover: "crown", clear: "trash", kick: "out", ban: "ban" },
    message: { delete: "trash" },
  };
  for (const [subject, icons] of Object.entries(questions)) {
    for (const [deed, icon] of Object.entries(icons)) {
      await open(/** @type {keyof typeof menus} */ (subject), 1280);
      await page
        .locator("#menu .menu__item", { has: page.locator(`use[href$="#${icon}"]`) })
        .first()
        .click();
      await page.locator("#deed-dialog[open]").waitFor();
      await album.shoot(ann, `own-${deed}`);
      await page.keyboard.press("Escape");
    }
  }
  await page.click("#edit-btn");
  await page.click("#delete-btn");
  await page.locator("#delete-dialog[open]").waitFor();
  await album.shoot(ann, "own-delete-room");
  for (const dialog of ["delete", "edit"]) {
    await page.keyboard.press("Escape");
    await page.locator(`#${dialog}-dialog`).waitFor({ state: "hidden" });
  }
}

/**
 * The list of reports: with nothing in it, and with a text, a GIF, and long words.
 * @param {PageVisitor} ann
 * @param {{ bea: Guest, cat: Guest, dan: Guest }} guests
 * @param {Talk} words
 * @param {Album} album
 */
async function reports(ann, { bea, cat, dan }, words, album) {
  const { page } = ann;
  await page.click("#reports-btn");
  await reads(page.locator("#reports-note"), /./);
  await album.shoot(ann, "reports-empty");
  await page.keyboard.press("Escape");
  const hello = await bea.say(words.hello);
  const long = await bea.say(words.bad);
  const picture = await cat.sendGif(words.sea, { width: 240, height: 130, frames: 2, paint: sea });
  await dan.report(hello._id, "");
  await dan.report(long._id, words.why);
  await dan.report(picture._id, words.why);
  await reads(page.locator("#reports-count"), "3");
  await page.click("#reports-btn");
  await eventually(async () => (await page.locator("#reports-list > li").count()) === 3);
  await eventually(() =>
    page.$eval(
      "#reports-list img",
      (/** @type {HTMLImageElement} */ image) => image.complete && image.naturalWidth > 0,
    ),
  );
  await album.shoot(ann, "reports");
  await page.keyboard.press("Escape");
}

/**
 * The form that edits the room, at its head and at its foot, with somebody to let in again and a mistake.
 * @param {PageVisitor} ann
 * @param {Guest[]} banned
 * @param {Album} album
 */
async function edits(ann, banned, album) {
  const { page } = ann;
  for (const { id } of banned) {
    await page.locator(`#members-list [data-id="${id}"] .more`).click();
    await page.locator("#menu .menu__item", { has: page.locator('use[href$="#ban"]') }).click();
    await page.click("#deed-do");
    await page.locator("#deed-dialog").waitFor({ state: "hidden" });
    await page.locator(`#members-list [data-id="${id}"]`).waitFor({ state: "detached" });
  }
  await page.click("#edit-btn");
  await eventually(async () => (await page.locator("#bans-list button").count()) === banned.length);
  await album.shoot(ann, "edit", () => scroll(page, 0));
  await page.locator("#edit-form [name=max]").fill("1");
  await page.locator("#edit-form [type=submit]").click();
  await page.locator("#edit-max-error:visible").waitFor();
  await album.shoot(ann, "edit-end", () => scroll(page, 1e6));
  await page.keyboard.press("Escape");
}

/**
 * As many people as make the list scroll.
 * @param {PageVisitor} ann
 * @param {{ invited: string, room: string, guests: Guest[] }} those
 * @param {Album} album
 */
async function many(ann, { invited, room, guests }, album) {
  const { page } = ann;
  for (const guest of guests) {
    await guest.visitor.fetch(invited);
    await guest.enter(room);
  }
  await eventually(async () => (await page.locator("#members-list .member").count()) === guests.length + 2);
  await say(ann, "🌙");
  await album.shoot(ann, "own-many", (width) => showPeople(ann, width));
}

/** @type {(page: import("playwright-core").Page, to: number) => Promise<void>} Scrolls what scrolls in the form. */
const scroll = (page, to) =>
  page.$eval(
    "#edit-dialog",
    (dialog, top) => {
      for (const box of [dialog, ...dialog.querySelectorAll("*")])
        if (box.scrollHeight > box.clientHeight) box.scrollTop = top;
    },
    to,
  );
