// A room as somebody in it sees it: talk, GIFs, what is written and sent, the line that goes and comes back.
// With UPDATE_SCREENS=1 the picture in the README is taken anew.
import { fileURLToPath } from "node:url";
import { scenes } from "../support/album.js";
import { useChromium } from "../support/chrome.js";
import { COATS, ball, crowd, gif, sea, strip } from "../support/gif.js";
import { NO_LINE, choose, enter, message, say, sees, seesGif } from "../support/pages.js";
import { Visitor, ask } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

const README_PICTURE = fileURLToPath(new URL("room.png", import.meta.url));

const WATER = [...strip([20, 40, 70], [90, 200, 190], 16), ...strip([90, 200, 190], [255, 230, 120], 16)];
const GIFS = {
  crowd: gif({ width: 480, height: 160, frames: 12, palette: COATS, paint: crowd }),
  sea: gif({ width: 480, height: 150, frames: 12, paint: sea }),
  ball: gif({
    width: 150,
    height: 110,
    frames: 12,
    delay: 6,
    paint: (x, y, time, colours) => ball(x, y, time, colours, 150 / 110),
    palette: WATER,
  }),
};

const TALK = {
  en: {
    title: "Tonight's GIF contest 🏆",
    quiet: "🌧️",
    mine: "me first, please",
    hello: "everybody ready?",
    rate: "10/10 👏👏👏\nno notes",
    draft: "and the winner is",
    long: "Pneumonoultramicroscopicsilicovolcanoconiosis_without_any_space_to_break_at",
    link: "rules: https://example.org/gif-rules?year=2026&of=a-rather-long-address-that-does-not-fit-into-one-line (please read)",
    gifs: {
      sea: "The sun sits in a rolling sea",
      ball: "A ball jumps in an aquarium",
      crowd: "Eight friends in a row do the wave",
    },
  },
  ko: {
    title: "오늘의 움짤 대회 🏆",
    quiet: "🌧️",
    mine: "저부터 할게요",
    hello: "다들 준비됐나요?",
    rate: "10점 만점에 10점 👏👏👏\n더 할 말이 없네요",
    draft: "그래서 우승은",
    long: "하지만띄어쓰기가없는아주긴한국어문장도넘치지않아야합니다하지만띄어쓰기가없는아주긴문장",
    link: "규칙은 https://example.org/gif-rules?year=2026&of=a-rather-long-address-that-does-not-fit-into-one-line 여기 있어요",
    gifs: { sea: "출렁이는 바다에 걸린 해", ball: "어항 속에서 뛰는 공", crowd: "여덟 친구가 차례로 파도타기를 한다" },
  },
};

/** @typedef {typeof TALK.en} Talk */

useChromium();

scenes("a room", ["--gif-limit", "200000"], async (stage, album, lang) => {
  const words = TALK[lang];
  const ann = await album.visitor("ann");
  ann.allow(/status of 4\d\d/, ...NO_LINE);
  const { page } = ann;
  const others = await Others.arrive(stage.server, words);
  await enter(ann, others.quiet);
  await album.shoot(ann, "chat-empty");
  await enter(ann, others.lively);
  await talk(ann, others, words);
  if (process.env.UPDATE_SCREENS === "1" && lang === "en") {
    await page.setViewportSize({ width: 1280, height: 890 });
    await page.screenshot({ path: README_PICTURE, animations: "disabled" });
  }
  await album.shoot(ann, "chat");
  await page.click("#motion-btn");
  await others.type();
  await page.locator("#typing:visible").waitFor();
  await album.shoot(ann, "chat-still");
  await page.click("#motion-btn");
  await message(ann, words.rate.split("\n")[0]).hover();
  await message(ann, words.rate.split("\n")[0]).locator(".more").click();
  await album.shoot(ann, "chat-menu");
  await page.keyboard.press("Escape");
  await page.locator(".gif__open", { has: page.getByAltText(words.gifs.crowd) }).click();
  await page.locator("#viewer[open]").waitFor();
  await album.shoot(ann, "chat-viewer");
  await page.keyboard.press("Escape");

  await answer(ann, others, words, album);
  await write(ann, others, words, album);
  await loseTheLine(ann, others, words, album);

  await others.deleteRoom();
  await page.locator("#notices .banner").waitFor();
  await album.shoot(ann, "chat-gone");
  others.end();
});

/**
 * What is said and shown, until the room looks as one does at its best.
 * @param {PageVisitor} ann
 * @param {Others} others
 * @param {Talk} words
 */
async function talk(ann, others, words) {
  const { page } = ann;
  await say(ann, words.mine);
  await choose(ann, { name: "ball.gif", bytes: GIFS.ball });
  await page.locator("#queue .upload__alt").fill(words.gifs.ball);
  await page.click("#send-btn");
  await seesGif(ann, words.gifs.ball);
  await others.say(words.rate);
  await sees(ann, words.rate.split("\n")[0]);
  await page.setViewportSize({ width: 1280, height: 800 });
  await eventually(() =>
    page.$$eval(".gif__frame img", (/** @type {HTMLImageElement[]} */ all) =>
      all.every((img) => img.complete || img.getBoundingClientRect().bottom < 0),
    ),
  );
}

/**
 * A message that was answered, edited and reacted to, served and live; one that is answered, and how one reacts.
 * @param {PageVisitor} ann
 * @param {Others} others
 * @param {Talk} words
 * @param {Album} album
 */
async function answer(ann, others, words, album) {
  const { page } = ann;
  const [mine, rate] = [message(ann, words.mine), message(ann, words.rate.split("\n")[0])];
  const [about, edited] = [await mine.getAttribute("data-id"), await rate.getAttribute("data-id")];
  for (const emoji of ["👍", "🎉"])
    for (const socket of others.sockets) await ask(socket, "react", { message: about, emoji });
  await ask(others.sockets[1], "chat", { chat: words.hello, reply: about });
  await ask(others.sockets[2], "chat", {
    chat: words.hello,
    reply: await page.locator("#rows .message", { has: page.getByAltText(words.gifs.sea) }).getAttribute("data-id"),
  });
  await ask(others.sockets[0], "edit", { message: edited, chat: words.rate });
  await ask(others.sockets[0], "edit", { message: edited, chat: `${words.rate}!` });
  await enter(ann, others.lively);
  await rate.locator(".message__edited").waitFor();
  await mine.locator(".more").click();
  await page.getByRole("menuitem").first().click();
  await page.locator("#strip").waitFor();
  await mine.locator(".reaction").first().click();
  await album.shoot(ann, "chat-answer");
  await page.click("#strip-cancel");
  await mine.locator(".more").click();
  await page.getByRole("menuitem").nth(1).click();
  await page.locator("#react[open]").waitFor();
  await album.shoot(ann, "chat-react");
  await page.keyboard.press("Escape");
  await mine.locator(".more").click();
  await page.getByRole("menuitem").nth(2).click();
  await page.locator("#reacted[open] .name").first().waitFor();
  await album.shoot(ann, "chat-reacted");
  await page.keyboard.press("Escape");
}

/**
 * Long words, a queue with good and bad files, a drop, and a new message while one has scrolled up.
 * @param {PageVisitor} ann
 * @param {Others} others
 * @param {Talk} words
 * @param {Album} album
 */
async function write(ann, others, words, album) {
  const { page } = ann;
  await others.say(words.link);
  await sees(ann, words.link.slice(0, 10));
  await say(ann, words.long);
  await sees(ann, words.long.slice(0, 20));
  await page.fill("#chat", "x".repeat(950));
  await choose(
    ann,
    { name: "crowd.gif", bytes: GIFS.crowd },
    { name: "a-very-long-name-of-a-file-that-nobody-would-ever-type-by-hand.gif", bytes: GIFS.sea },
    { name: "huge.gif", bytes: gif({ padding: 300_000 }) },
    { name: "photo.gif", bytes: Buffer.from("\x89PNG\r\n\x1a\n", "latin1") },
  );
  await eventually(async () => (await page.locator("#queue .upload--failed").count()) === 2);
  await album.shoot(ann, "chat-queue");
  await page.fill("#chat", words.draft);
  while (await page.locator("#queue .upload").count()) await page.locator("#queue [data-do=cancel]").first().click();
  await page.evaluate(() => {
    document.getElementById("drop").hidden = false;
  });
  await album.shoot(ann, "chat-drop");
  await page.evaluate(() => {
    document.getElementById("drop").hidden = true;
  });

  await page.$eval(
    "#chat-list",
    (list) =>
      new Promise((done) => {
        list.addEventListener("scroll", () => requestAnimationFrame(done), { once: true });
        list.scrollTop = -list.scrollHeight;
      }),
  );
  await others.say(words.hello);
  await page.locator("#pill:visible").waitFor();
  await album.shoot(ann, "chat-pill");
  await page.click("#pill");
}

/**
 * A message that is refused, one that waits for the line, and what was missed meanwhile.
 * @param {PageVisitor} ann
 * @param {Others} others
 * @param {Talk} words
 * @param {Album} album
 */
async function loseTheLine(ann, others, words, album) {
  const { page } = ann;
  await say(ann, "a bell \u0007 rings");
  await page.locator("#chat-list [data-state=failed]").waitFor();
  await ann.context.setOffline(true);
  await say(ann, words.mine);
  await message(ann, words.mine).last().waitFor();
  await page.locator("#notices .banner--warn").waitFor();
  await album.shoot(ann, "chat-offline");
  await others.say(words.hello);
  await ann.context.setOffline(false);
  await page.locator("#notices .banner--good").waitFor();
  await page.locator("#rows .day--missed").waitFor();
  await album.shoot(ann, "chat-back");
}

/** Those without a browser, in a room full of talk; a second room has nothing in it. */
class Others {
  /** @type {Visitor[]} */
  visitors = [];
  /** @type {TestSocket[]} */
  sockets = [];
  quiet = "";
  lively = "";

  /**
   * @param {Site} server
   * @param {Talk} words
   */
  static async arrive(server, words) {
    const others = new Others();
    for (let n = 0; n < 4; n += 1) others.visitors.push(await Visitor.arrive(server));
    const [owner, , cat, dan] = others.visitors;
    ({ _id: others.quiet } = await dan.makeRoom({ title: words.quiet, max: 6 }));
    ({ _id: others.lively } = await owner.makeRoom({ title: words.title }));
    for (const visitor of others.visitors) others.sockets.push(await visitor.enter(others.lively));
    await ask(others.sockets[1], "chat", { chat: words.hello });
    await cat.sendGif(others.lively, { bytes: GIFS.sea, alt: words.gifs.sea });
    await owner.sendGif(others.lively, { bytes: GIFS.crowd, alt: words.gifs.crowd });
    return others;
  }

  /** @param {string} chat */
  say(chat) {
    return ask(this.sockets[0], "chat", { chat });
  }

  async type() {
    for (const socket of this.sockets) await ask(socket, "typing");
  }

  deleteRoom() {
    return this.visitors[0].json("DELETE", `/room/${this.lively}`);
  }

  end() {
    for (const visitor of this.visitors) visitor.end();
  }
}
