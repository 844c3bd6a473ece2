// The pages before a room: the list, the form, the door, the sentence that something went wrong.
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { NO_LINE, enter, openList, reads } from "../support/pages.js";
import { controlled, share } from "../support/worker.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

const TITLES = {
  en: [
    "cats only 🐈 no dogs no thoughts",
    "Reaction battle royale",
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze",
    "🌧️",
    "Tonight's GIF contest 🏆",
  ],
  ko: [
    "퇴근길 밈 창고",
    "새벽 3시에도 깨어 있는 사람들의 조용한 방",
    "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
    "🌧️",
    "오늘의 움짤 대회 🏆",
  ],
};

useChromium();

scenes("the pages before a room", [], async (stage, album, lang) => {
  const titles = TITLES[lang];
  const ann = await album.visitor("ann");
  ann.allow(/status of 4\d\d/);
  const { page } = ann;
  await openList(ann);
  await album.shoot(ann, "main-empty");
  await page.goto("/?error=room_not_found");
  await album.shoot(ann, "main-error");
  await page.goto("/room");
  await album.shoot(ann, "room");
  await page.fill("[name=title]", titles[2].repeat(2));
  await page.fill("[name=max]", "1");
  await page.click("#room-form [type=submit]");
  await page.locator("#max-error:visible").waitFor();
  await album.shoot(ann, "room-mistakes");
  await page.goto("/room");
  await page.fill("[name=title]", titles[4]);
  await page.fill("[name=password]", "sesame");
  await album.shoot(ann, "room-filled");
  await page.goto("/nowhere");
  await album.shoot(ann, "error");

  const { visitors, rooms } = await build(stage.server, titles);
  await openList(ann);
  await eventually(async () => (await page.locator("#room-list .room").count()) === 5);
  await page.locator(`[data-id="${rooms[3]}"] .room__go`, { hasText: /^(Closed|입장 마감)$/ }).waitFor();
  await album.shoot(ann, "main");
  await page.goto(`/room/${rooms[0]}`);
  await album.shoot(ann, "gate");
  await page.fill("[name=password]", "wrong");
  await page.click("main [type=submit]");
  await page.locator(".error-message").waitFor();
  await album.shoot(ann, "gate-wrong");
  await page.goto(`/room/${rooms[3]}`);
  await page.locator(".error-message").waitFor();
  await album.shoot(ann, "gate-closed");
  await page.goto(`/invite/${"0".repeat(32)}`);
  await album.shoot(ann, "invite-over");
  await installed(ann, stage.server, [rooms[4], rooms[2]], album);
  for (const visitor of visitors) visitor.end();
});

/**
 * What there is only where the site is installed: rooms to choose from for a GIF that is shared, and the page without a line.
 * @param {PageVisitor} ann
 * @param {import("../support/server.js").Server} server
 * @param {string[]} rooms
 * @param {Album} album
 */
async function installed(ann, server, rooms, album) {
  const { page, context } = ann;
  await controlled(ann);
  await page.goto("/share");
  await album.shoot(ann, "share-none");
  for (const room of rooms) await enter({ page: await context.newPage() }, room);
  await share(ann, { name: "cat-that-sees-its-own-tail.gif", bytes: gif() });
  await reads(page.locator("#share-files"), /cat/);
  await album.shoot(ann, "share");
  await openList(ann);
  await page.goto("/share");
  await page.locator("#share-lost:visible").waitFor();
  await album.shoot(ann, "share-lost");
  ann.allow(...NO_LINE);
  await server.stop();
  await page.goto("/");
  await page.locator(".error-message").waitFor();
  await album.shoot(ann, "offline");
}

/**
 * A locked room, a full one, one with a long title, a closed one, and one with many people.
 * @param {Site} server
 * @param {string[]} titles
 */
async function build(server, titles) {
  const visitors = [];
  for (let n = 0; n < 6; n += 1) visitors.push(await Visitor.arrive(server));
  const rooms = [];
  for (const [n, title] of titles.entries()) {
    const maker = visitors[n];
    const { _id: room } = await maker.makeRoom({
      title,
      max: [10, 2, 40, 6, 10][n],
      password: n === 0 ? "sesame" : "",
    });
    rooms.push(room);
    await maker.enter(room);
  }
  await visitors[5].enter(rooms[1]);
  for (const visitor of visitors.slice(0, 3)) await visitor.enter(rooms[4]);
  await visitors[3].json("PATCH", `/room/${rooms[3]}`, { closed: true });
  return { visitors, rooms };
}
