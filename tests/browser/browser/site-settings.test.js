// What an operator makes of the site, on its pages: wide and narrow, light and dark, in both languages.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { makeRoom, openList, showPeople } from "../support/pages.js";
import { words } from "../support/words.js";

const NAME = "Donaudampfschifffahrtsgesellschaft 움짤방";
const LABEL = "Verantwortlichkeitserklärungsverzeichnis";
const RULES = `Be kind. Nobody here knows you, and you know nobody.

1. <b>No</b> spam
2. 광고 금지: ${"https://chat.example/".padEnd(120, "x")}

모두가 편하게 이야기할 수 있도록 서로를 존중해 주세요.`;

let folder;
const flags = [];

useChromium();
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gifchat-test-"));
  const rules = join(folder, "rules.txt");
  await writeFile(rules, RULES);
  flags.push("--name", NAME, "--rules", rules, "--link", `${LABEL}=https://chat.example/imprint`, "--link", "Kontakt=mailto:ann@chat.example", "--link", "문의=/rules");
});
after(() => rm(folder, { recursive: true, force: true }));

/** Nothing stands out of the page to the right. */
const fits = async ({ page }) => {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${page.url()} is ${wide} px wide in ${room}`);
};

/** Pictures of a page, which has to fit. */
const shootFitting = (album, visitor, state) => album.shoot(visitor, `site-${state}`, () => fits(visitor));

scenes("a long name, long links and rules", flags, async (stage, album, lang) => {
  const says = words({ en: "en-US", ko: "ko-KR" }[lang]);
  const ann = await album.visitor("ann");
  ann.allow(/status of 404/);
  const { page } = ann;
  await openList(ann);
  assert.equal(await page.title(), `${says("rooms.title")} – ${NAME}`);
  await shootFitting(album, ann, "main");
  await page.locator(".foot").getByRole("link", { name: says("rules.title") }).click();
  await page.waitForURL("/rules");
  assert.equal(await page.locator(".rules b").count(), 0, "rules are text");
  await shootFitting(album, ann, "rules");
  await page.goto("/nowhere");
  await shootFitting(album, ann, "error");
  await page.goto("/room");
  await page.locator("#room-form").getByRole("link", { name: says("rules.title") }).waitFor();
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
