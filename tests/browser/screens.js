// Takes a picture of every page and state, narrow and wide, light and dark, in both languages, into target/screens/, and
// checks each by axe and by a checker of HTML.
// With UPDATE_SCREENS=1 the picture in the README is taken anew.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { audit } from "./support/axe.js";
import { OUT, scene, useChromium } from "./support/chrome.js";
import { COATS, ball, crowd, gif, sea, strip } from "./support/gif.js";
import { mistakes } from "./support/html.js";
import { NO_LINE, choose, enter, inside, message, openList, say, sees, seesGif } from "./support/pages.js";
import { Visitor, ask } from "./support/visitor.js";
import { eventually } from "./support/wait.js";

const README_PICTURE = fileURLToPath(new URL("screens/room.png", import.meta.url));

const GIFS = {
  crowd: gif({ width: 480, height: 160, frames: 12, palette: COATS, paint: crowd }),
  sea: gif({ width: 480, height: 150, frames: 12, paint: sea }),
  ball: gif({ width: 150, height: 110, frames: 12, delay: 6, paint: (x, y, time, colours) => ball(x, y, time, colours, 150 / 110), palette: [...strip([20, 40, 70], [90, 200, 190], 16), ...strip([90, 200, 190], [255, 230, 120], 16)] }),
};

const TALK = {
  en: {
    title: "Tonight's GIF contest 🏆", mine: "me first, please", hello: "everybody ready?", rate: "10/10 👏👏👏\nno notes", long: "Pneumonoultramicroscopicsilicovolcanoconiosis_without_any_space_to_break_at",
    gifs: { sea: "The sun sits in a rolling sea", ball: "A ball jumps in an aquarium", crowd: "Eight friends in a row do the wave" }, draft: "and the winner is", link: "rules: https://example.org/gif-rules?year=2026&of=a-rather-long-address-that-does-not-fit-into-one-line (please read)",
    rooms: ["cats only 🐈 no dogs no thoughts", "Reaction battle royale", "Donaudampfschifffahrtsgesellschaftskapitänsmütze", "🌧️"],
  },
  ko: {
    title: "오늘의 움짤 대회 🏆", mine: "저부터 할게요", hello: "다들 준비됐나요?", rate: "10점 만점에 10점 👏👏👏\n더 할 말이 없네요", long: "하지만띄어쓰기가없는아주긴한국어문장도넘치지않아야합니다하지만띄어쓰기가없는아주긴문장",
    gifs: { sea: "출렁이는 바다에 걸린 해", ball: "어항 속에서 뛰는 공", crowd: "여덟 친구가 차례로 파도타기를 한다" }, draft: "그래서 우승은", link: "규칙은 https://example.org/gif-rules?year=2026&of=a-rather-long-address-that-does-not-fit-into-one-line 여기 있어요",
    rooms: ["퇴근길 밈 창고", "새벽 3시에도 깨어 있는 사람들의 조용한 방", "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ", "🌧️"],
  },
};

useChromium();
await mkdir(OUT, { recursive: true });

for (const [lang, locale] of [["en", "en-US"], ["ko", "ko-KR"]]) {
  scene(`every page and state is accessible, valid HTML, and pictured (${lang})`, ["--gif-limit", "200000"], async (stage) => {
    const words = TALK[lang];
    const ann = await stage.visitor({ name: "ann", locale });
    ann.allow(/status of 4\d\d/, ...NO_LINE);
    const { page } = ann;
    const found = [];
    const pages = {};
    page.on("response", async (answer) => {
      if (answer.request().resourceType() !== "document" || answer.status() === 303) return;
      const name = `served-${new URL(answer.url()).pathname.replaceAll(/\W+/g, "-")}-${answer.status()}`;
      pages[name] = await answer.text().catch(() => pages[name]);
    });
    const shoot = async (state) => {
      // What somebody typed into their own page is not ours to judge.
      pages[state] = (await page.content()).replaceAll("\u0007", "");
      for (const [width, height] of [[390, 844], [1280, 860]]) {
        await page.setViewportSize({ width, height });
        for (const theme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: theme });
          const name = `${state}-${width}-${theme}-${lang}`;
          if (!process.env.NO_AXE) found.push(...(await audit(page)).map((wrong) => `${name}: ${wrong}`));
          await page.screenshot({ path: `${OUT}${name}.png`, animations: "disabled" });
        }
      }
      await page.emulateMedia({ colorScheme: "light" });
    };

    await openList(ann);
    await shoot("main-empty");
    await page.goto("/?error=room_not_found");
    await shoot("main-error");
    await page.goto("/room");
    await shoot("room");
    await page.fill("[name=title]", words.rooms[2].repeat(2));
    await page.fill("[name=max]", "1");
    await page.click("#room-form [type=submit]");
    await page.locator("#max-error:visible").waitFor();
    await shoot("room-mistakes");
    await page.goto("/nowhere");
    await shoot("error");

    const [owner, others] = await seed(stage.server, words);
    await openList(ann);
    await eventually(async () => (await page.locator("#room-list .room").count()) === 5);
    await shoot("main");
    await page.goto(`/room/${others.locked}`);
    await shoot("gate");
    await page.fill("[name=password]", "wrong");
    await page.click("main [type=submit]");
    await page.locator(".error-message").waitFor();
    await shoot("gate-wrong");

    await enter(ann, others.quiet);
    await shoot("chat-empty");
    await enter(ann, others.lively);
    await say(ann, words.mine);
    await choose(ann, { name: "ball.gif", bytes: GIFS.ball });
    await page.locator("#queue .upload__alt").fill(words.gifs.ball);
    await page.click("#send-btn");
    await seesGif(ann, words.gifs.ball);
    await owner.say(words.rate);
    await sees(ann, words.rate.split("\n")[0]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await eventually(() => page.$$eval(".gif__frame img", (all) => all.every((img) => img.complete || img.getBoundingClientRect().bottom < 0)));
    if (process.env.UPDATE_SCREENS === "1" && lang === "en") {
      await mkdir(new URL("screens/", import.meta.url), { recursive: true });
      await page.screenshot({ path: README_PICTURE, animations: "disabled" });
    }
    await shoot("chat");
    await page.click("#motion-btn");
    await owner.typing();
    await page.locator("#typing:visible").waitFor();
    await shoot("chat-still");
    await page.click("#motion-btn");
    await message(ann, words.rate.split("\n")[0]).hover();
    await message(ann, words.rate.split("\n")[0]).locator(".more").click();
    await shoot("chat-menu");
    await page.keyboard.press("Escape");
    await page.locator(".gif__open", { has: page.getByAltText(words.gifs.crowd) }).click();
    await page.locator("#viewer[open]").waitFor();
    await shoot("chat-viewer");
    await page.keyboard.press("Escape");
    await owner.say(words.link);
    await sees(ann, words.link.slice(0, 10));

    await say(ann, words.long);
    await sees(ann, words.long.slice(0, 20));
    await page.fill("#chat", "x".repeat(950));
    await choose(ann,
      { name: "crowd.gif", bytes: GIFS.crowd },
      { name: "a-very-long-name-of-a-file-that-nobody-would-ever-type-by-hand.gif", bytes: GIFS.sea },
      { name: "huge.gif", bytes: gif({ padding: 300_000 }) },
      { name: "photo.gif", bytes: Buffer.from("\x89PNG\r\n\x1a\n", "latin1") });
    await eventually(async () => (await page.locator("#queue .upload--failed").count()) === 2);
    await shoot("chat-queue");
    await page.fill("#chat", words.draft);
    while (await page.locator("#queue .upload").count()) await page.locator("#queue [data-do=cancel]").first().click();
    await page.evaluate(() => { document.getElementById("drop").hidden = false; });
    await shoot("chat-drop");
    await page.evaluate(() => { document.getElementById("drop").hidden = true; });

    await page.$eval("#chat-list", (list) => new Promise((done) => {
      list.addEventListener("scroll", () => requestAnimationFrame(done), { once: true });
      list.scrollTop = -list.scrollHeight;
    }));
    await owner.say(words.hello);
    await page.locator("#pill:visible").waitFor();
    await shoot("chat-pill");
    await page.click("#pill");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.click("#members-btn");
    await page.locator("#members:popover-open").waitFor();
    await shoot("chat-members");
    await page.evaluate(() => document.getElementById("members").hidePopover());

    await say(ann, "a bell \u0007 rings");
    await page.locator("#chat-list [data-state=failed]").waitFor();
    await ann.context.setOffline(true);
    await say(ann, words.mine);
    await message(ann, words.mine).last().waitFor();
    await page.locator("#notices .banner--warn").waitFor();
    await shoot("chat-offline");
    await owner.say(words.hello);
    await ann.context.setOffline(false);
    await page.locator("#notices .banner--good").waitFor();
    await page.locator("#rows .day--missed").waitFor();
    await shoot("chat-back");

    await page.goto("/room");
    await page.fill("[name=title]", words.title);
    await page.fill("[name=password]", "sesame");
    await shoot("room-filled");
    await page.click("#room-form [type=submit]");
    await page.waitForURL(/\/room\/\w+$/);
    await inside(ann);
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.click("#edit-btn");
    await shoot("chat-edit");
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.click("#delete-form button");
    await shoot("chat-delete");
    await page.keyboard.press("Escape");
    await shoot("chat-own");

    await enter(ann, others.lively);
    await owner.deleteRoom();
    await page.locator("#notices .banner").waitFor();
    await shoot("chat-gone");
    owner.end();
    assert.deepEqual(found, [], "axe finds nothing");
    for (const [name, html] of Object.entries(pages)) if (!html) delete pages[name];
    assert.deepEqual(await mistakes(pages), [], "the checker of HTML finds nothing");
  });
}

/** Fills a server with rooms, and one of them with talk. */
async function seed(server, words) {
  const visitors = [];
  for (let n = 0; n < 6; n += 1) visitors.push(await Visitor.arrive(server));
  const [owner, bea, cat, dan, eve, fay] = visitors;
  const rooms = [];
  for (const [n, maker] of [dan, cat, bea].entries()) {
    const room = await maker.makeRoom({ title: words.rooms[n], max: [10, 2, 40][n], password: n === 0 ? "sesame" : "" });
    await maker.enter(room._id);
    rooms.push(room._id);
  }
  await eve.enter(rooms[1]);
  const quiet = await fay.makeRoom({ title: words.rooms[3], max: 6 });
  const { _id: lively } = await owner.makeRoom({ title: words.title, max: 10, password: "" });
  const sockets = [];
  for (const visitor of [owner, bea, cat, dan]) sockets.push(await visitor.enter(lively));
  await ask(sockets[1], "chat", { chat: words.hello });
  await cat.sendGif(lively, { bytes: GIFS.sea, alt: words.gifs.sea });
  await owner.sendGif(lively, { bytes: GIFS.crowd, alt: words.gifs.crowd });
  return [{
    say: (chat) => ask(sockets[0], "chat", { chat }),
    async typing() { for (const socket of sockets) await ask(socket, "typing"); },
    deleteRoom: () => owner.json("DELETE", `/room/${lively}`),
    end() { for (const visitor of visitors) visitor.end(); },
  }, { locked: rooms[0], quiet: quiet._id, lively }];
}
