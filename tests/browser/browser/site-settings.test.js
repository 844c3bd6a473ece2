// What an operator makes of the site, on its pages: wide and narrow, light and dark, in both languages.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { scenes } from "../support/album.js";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, REFUSED, inside, makeRoom, openList, reads, showPeople } from "../support/pages.js";
import { words } from "../support/words.js";

const NAME = "Donaudampfschifffahrtsgesellschaft 움짤방";
const LABEL = "Verantwortlichkeitserklärungsverzeichnis";
const RULES = `Be kind. Nobody here knows you, and you know nobody.

1. <b>No</b> spam
2. 광고 금지: ${"https://chat.example/".padEnd(120, "x")}

모두가 편하게 이야기할 수 있도록 서로를 존중해 주세요.`;

let folder = "";
/** @type {string[]} */
const flags = [];
/** @type {string[]} */
const secrets = [];
/** @type {string[]} */
const changing = [];

useChromium();
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gifchat-test-"));
  const rules = join(folder, "rules.txt");
  await writeFile(rules, RULES);
  flags.push(
    "--name",
    NAME,
    "--rules",
    rules,
    "--link",
    `${LABEL}=https://chat.example/imprint`,
    "--link",
    "Kontakt=mailto:ann@chat.example",
    "--link",
    "문의=/rules",
  );
  const [password, keys] = [join(folder, "password"), join(folder, "keys")];
  await writeFile(password, "open sesame\n");
  await writeFile(keys, "first key\n");
  changing.push("--site-password-file", join(folder, "changing"));
  await writeFile(changing[1], "the first one\n");
  secrets.push("--site-password-file", password, "--rooms-by", "key", "--rooms-key-file", keys);
});
after(() => rm(folder, { recursive: true, force: true }));

/**
 * Nothing stands out of the page to the right.
 * @param {WithPage} visitor
 */
const fits = async ({ page }) => {
  const [wide, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wide <= room, `${page.url()} is ${wide} px wide in ${room}`);
};

/**
 * Pictures of a page, which has to fit.
 * @param {Album} album
 * @param {PageVisitor} visitor
 * @param {string} state
 */
const shootFitting = (album, visitor, state) => album.shoot(visitor, `site-${state}`, () => fits(visitor));

scenes("a long name, long links and rules", flags, async (_stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const ann = await album.visitor("ann");
  ann.allow(/status of 404/);
  const { page } = ann;
  await openList(ann);
  assert.equal(await page.title(), `${says("rooms.title")} – ${NAME}`);
  await shootFitting(album, ann, "main");
  await page
    .locator(".foot")
    .getByRole("link", { name: says("rules.title") })
    .click();
  await page.waitForURL("/rules");
  assert.equal(await page.locator(".rules b").count(), 0, "rules are text");
  await shootFitting(album, ann, "rules");
  await page.goto("/nowhere");
  await shootFitting(album, ann, "error");
  await page.goto("/room");
  await page
    .locator("#room-form")
    .getByRole("link", { name: says("rules.title") })
    .waitFor();
  await shootFitting(album, ann, "room");

  await makeRoom(ann, { title: "cats" });
  assert.equal(await page.title(), `cats – ${NAME}`);
  await album.shoot(ann, "site-chat", async (width) => {
    await showPeople(ann, width);
    await page.locator("#members .links a").last().scrollIntoViewIfNeeded();
    await fits(ann);
  });
  // One who reads the rules keeps the room.
  assert.equal(await page.locator("#members .links a[href='/rules']:not([target=_blank])").count(), 0);
});

scenes("rooms that are not listed", ["--list", "off"], async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const [ann, bea] = [await album.visitor("ann"), await album.visitor("bea")];
  const { page } = bea;
  bea.allow(/status of 422/);
  await ann.page.goto("/room");
  await reads(ann.page.locator("#title-help"), says("make.name_help_unlisted", { limit: 60 }));
  const room = await makeRoom(ann, { title: "a secret party" });
  await page.goto("/");
  await reads(page.locator("h1"), says("rooms.unlisted_title"));
  await shootFitting(album, bea, "unlisted");
  await page.getByLabel(says("rooms.address")).fill("https://chat.example/cats");
  await page.keyboard.press("Enter");
  await reads(page.locator("#address-error"), says("rooms.address_wrong"));
  await shootFitting(album, bea, "unlisted-mistyped");
  await page.getByLabel(says("rooms.address")).fill(`${stage.server.url}/room/${room}`);
  await page.keyboard.press("Enter");
  await page.waitForURL(`/room/${room}`);
  await inside(bea);
});

scenes("a site with a password, and keys for rooms", secrets, async (_stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const ann = await album.visitor("ann");
  const { page } = ann;
  ann.allow(REFUSED);
  await page.goto("/room?x=1");
  await reads(page.locator("h1"), says("door.title"));
  await shootFitting(album, ann, "door");
  await page.fill("#password", "wrong");
  await page.keyboard.press("Enter");
  await reads(page.locator("#password-error"), says("error.wrong_password"));
  await shootFitting(album, ann, "door-wrong");
  await page.fill("#password", "open sesame");
  await page.keyboard.press("Enter");
  await page.waitForURL("/room?x=1");
  await page.fill("[name=title]", "cats");
  await page.fill("[name=key]", "wrong");
  await page.click("#room-form [type=submit]");
  await reads(page.locator("#key-error"), says("error.wrong_key"));
  assert.equal(await page.inputValue("[name=title]"), "cats");
  await shootFitting(album, ann, "room-key");
  await page.fill("[name=key]", "first key");
  await page.click("#room-form [type=submit]");
  await page.waitForURL(/\/room\/\w+$/);
  await inside(ann);
});

scenes("a site where the operator alone makes rooms", ["--rooms-by", "admin"], async (_stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const ann = await album.visitor("ann");
  ann.allow(REFUSED);
  await openList(ann);
  await shootFitting(album, ann, "main-admin");
  await ann.page.goto("/room");
  await reads(ann.page.locator("h1"), says("error.rooms_closed"));
  await shootFitting(album, ann, "room-admin");
});

scene(
  "a page that is open while the password of the site changes asks for the new one, and goes on",
  changing,
  async (stage) => {
    const ann = await stage.visitor({ name: "ann" });
    ann.allow(REFUSED, ...NO_LINE);
    const { page } = ann;
    /** @param {string} password */
    const give = async (password) => {
      await page.fill("#password", password);
      await page.keyboard.press("Enter");
      await page.locator("#password").waitFor({ state: "detached" });
    };
    await page.goto("/");
    await give("the first one");
    const room = await makeRoom(ann, { title: "cats" });
    await stage.server.stop();
    await writeFile(changing[1], "the second one\n");
    await stage.server.start();
    await page.locator("#password").waitFor();
    await give("the second one");
    await page.waitForURL(`/room/${room}`);
    await inside(ann);
  },
);
