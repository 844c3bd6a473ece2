// The whole story of two visitors, in both languages.
import assert from "node:assert/strict";
import { gif, sea } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import {
  REFUSED,
  choose,
  hand,
  inside,
  makeRoom,
  message,
  openList,
  reads,
  row,
  say,
  sees,
  seesGif,
  transcript,
} from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const WORDS = {
  "ko-KR": {
    list: "열린 방",
    wrong: "비밀번호가 틀렸어요.",
    hello: "안녕하세요 👋",
    answer: "반가워요!",
    title: "고양이 움짤방",
    came: /[가-힣]+ [가-힣]+님이 입장했어요\./,
    left: /[가-힣]+ [가-힣]+님이 퇴장했어요\./,
    two: "2/10명",
    locked: "비밀번호",
    enter: /들어가기/,
  },
  "en-US": {
    list: "Open rooms",
    wrong: "Wrong password.",
    hello: "Hello there 👋",
    answer: "Nice to meet you!",
    title: "Cats in motion",
    came: /[A-Z][a-z]+ [A-Z][a-z]+ joined\./,
    left: /[A-Z][a-z]+ [A-Z][a-z]+ left\./,
    two: "2 of 10 here",
    locked: "Locked",
    enter: /Join/,
  },
};

for (const [locale, words] of Object.entries(WORDS)) {
  scene(`two visitors make, find, unlock, use and leave a room (${locale})`, ["--room-grace", "1s"], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    const bea = await stage.visitor({ name: "bea", locale });
    bea.allow(REFUSED);
    await openList(bea);
    await reads(bea.page.locator("h1"), new RegExp(`^${words.list}`));
    await bea.page.evaluate(() => {
      window.neverReloaded = true;
    });
    await bea.page.locator("#room-empty").waitFor();

    // Ann makes a room with a password; Bea sees it appear.
    const id = await makeRoom(ann, { title: words.title, password: "open sesame" });
    const door = row(bea, id);
    await door.waitFor();
    await reads(door.locator(".room__title"), words.title);
    assert.match(await door.innerText(), new RegExp(words.locked));
    await reads(door.locator(".room__count"), "1/10");
    assert.equal(await bea.page.locator("#room-empty").isVisible(), false);
    assert.equal(await bea.page.evaluate(() => window.neverReloaded), true);

    // Bea tries a wrong password, then the right one.
    assert.match(await door.locator(".join-btn").innerText(), words.enter);
    await door.locator(".join-btn").click();
    await bea.page.fill("[name=password]", "close sesame");
    await bea.page.click("main [type=submit]");
    await reads(bea.page.locator(".error-message"), words.wrong);
    await bea.page.fill("[name=password]", "open sesame");
    await bea.page.click("main [type=submit]");
    await inside(bea);
    assert.ok(!bea.page.url().includes("sesame"));
    await reads(ann.page.locator(".system").last(), words.came);
    for (const one of [ann, bea]) await reads(one.page.locator("#room-people"), words.two);

    // They write to each other.
    await say(ann, words.hello);
    await sees(bea, words.hello);
    await say(bea, words.answer);
    await sees(ann, words.answer);
    assert.match(await message(ann, words.hello).getAttribute("class"), /\bmine\b/);
    assert.match(await message(bea, words.hello).getAttribute("class"), /\bother\b/);
    await eventually(async () => (await message(ann, words.hello).getAttribute("data-state")) === "sent");
    await say(ann, "<img src=x onerror=alert(1)> & </p>");
    await sees(bea, "<img src=x onerror=alert(1)> & </p>");

    // They send GIFs: chosen, dropped, pasted.
    const bytes = gif({ width: 200, height: 120, frames: 6, paint: sea });
    await choose(ann, { name: "sea.gif", bytes });
    const card = ann.page.locator("#queue .upload");
    await reads(card.locator(".upload__name"), "sea.gif");
    await card.locator(".upload__alt").fill("a sea");
    await eventually(
      () => card.locator(".upload__art img").evaluate((image) => image.naturalWidth === 200),
      "the preview is shown",
    );
    await card.locator(".upload__alt").press("Enter");
    await seesGif(ann, "a sea");
    await seesGif(bea, "a sea");
    assert.equal(await card.count(), 0);
    for (const { how, alt } of [
      { how: /** @type {const} */ ("drop"), alt: "dropped" },
      { how: /** @type {const} */ ("paste"), alt: "pasted" },
    ]) {
      await hand(bea, how, { name: `${how}.gif`, bytes: gif({ width: 90, height: 60 }) });
      await bea.page.locator("#queue .upload__alt").fill(alt);
      await bea.page.click("#send-btn");
      await seesGif(ann, alt);
      await seesGif(bea, alt);
    }

    // A reload keeps the history and the seat.
    const before = await transcript(bea);
    assert.deepEqual(before, await transcript(ann));
    assert.deepEqual(
      before.map(({ seq }) => seq),
      [3, 4, 5, 6, 7, 8],
      "behind the lines that say who came",
    );
    await bea.page.reload();
    await inside(bea);
    assert.deepEqual(await transcript(bea), before);
    for (const alt of ["a sea", "dropped", "pasted"]) await seesGif(bea, alt);
    await reads(bea.page.locator("#room-people"), words.two);
    await say(bea, "back again");
    await sees(ann, "back again");
    assert.equal(await ann.page.locator(".system").count(), 2, "two came, and nobody was told of the reload");

    // They leave; the room goes from the list, and its files from the disk.
    assert.equal((await stage.server.uploads()).length, 6, "three GIFs and their stills");
    await bea.page.click("#exit-btn");
    await bea.page.waitForURL("/");
    await reads(ann.page.locator(".system").last(), words.left);
    await reads(row(bea, id).locator(".room__count"), "1/10");
    await ann.page.click("#exit-btn");
    await ann.page.click("#leave-dialog [value=leave]");
    await ann.page.waitForURL("/");
    for (const one of [ann, bea]) await row(one, id).waitFor({ state: "detached" });
    await bea.page.locator("#room-empty").waitFor();
    await eventually(async () => (await stage.server.uploads()).length === 0, "the folder of GIFs is empty");
  });
}
