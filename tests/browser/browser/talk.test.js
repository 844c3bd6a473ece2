// Who is here, who writes, what came in while one looked elsewhere, and how messages stand in the list.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { hasFocus } from "../support/focus.js";
import { enter, makeRoom, message, reads, say, sees, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * Two visitors in one room.
 * @param {Stage} stage
 * @param {VisitorOptions} options
 */
async function pair(stage, options = {}, room = {}) {
  const [ann, bea] = [
    await stage.visitor({ name: "ann", ...options }),
    await stage.visitor({ name: "bea", ...options }),
  ];
  const id = await makeRoom(ann, room);
  await enter(bea, id);
  return { ann, bea, id, hers: await selfOf(ann), theirs: await selfOf(bea) };
}

/**
 * @param {WithPage} visitor
 * @param {boolean} hidden
 */
const hide = ({ page }, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (value ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

/**
 * Whether the icon of the page has its red dot at the upper right.
 * @param {WithPage} visitor
 */
const dotted = ({ page }) =>
  page.evaluate(async () => {
    const image = new Image(48, 48);
    image.src = document.querySelector("link[rel=icon]").href;
    await image.decode();
    const canvas = new OffscreenCanvas(48, 48).getContext("2d");
    canvas?.drawImage(image, 0, 0, 48, 48);
    return canvas?.getImageData(37, 11, 1, 1).data.join() === "217,43,43,255";
  });

/**
 * A time of day there, as the language writes it.
 * @param {Date} at
 * @param {string} locale
 */
function inSeoul(at, locale) {
  const there = new Date(at.getTime() + 9 * 3_600_000);
  const [hour, minute] = [there.getUTCHours(), String(there.getUTCMinutes()).padStart(2, "0")];
  const clock = `${hour % 12 || 12}:${minute}`;
  return locale === "ko-KR" ? `${hour < 12 ? "오전" : "오후"} ${clock}` : `${clock} ${hour < 12 ? "AM" : "PM"}`;
}

scene(
  "the list of people shows colour, mark, owner and oneself, counts up to the maximum, and lives",
  ["--seat-grace", "500ms"],
  async (stage) => {
    const { ann, bea, id, hers, theirs } = await pair(stage, {}, { max: 3 });
    const rows = bea.page.locator("#members-list .member");
    await eventually(async () => (await rows.count()) === 2);
    const owner = bea.page.locator(`#members-list [data-id="${hers.id}"]`);
    assert.match(await owner.innerText(), new RegExp(`${hers.called}\\s+${hers.color}\\s+Owner`));
    assert.doesNotMatch(await owner.innerText(), /\bYou\b/);
    const me = bea.page.locator(`#members-list [data-id="${theirs.id}"]`);
    assert.match(await me.innerText(), new RegExp(`${theirs.called}\\s+${theirs.color}\\s+You`));
    for (const row of [owner, me])
      await eventually(() => row.locator(".mark").evaluate((mark) => mark.complete && mark.naturalWidth > 0));
    await reads(bea.page.locator("#members-count"), "2/3");

    const cat = await stage.visitor({ name: "cat", ...PHONE });
    await enter(cat, id);
    for (const one of [ann, bea]) {
      await eventually(async () => (await one.page.locator("#members-list .member").count()) === 3);
      await reads(one.page.locator("#members-count"), "3/3");
    }
    // On a phone the list is a sheet: opened by a tap, closed by its button, with the focus back where it was.
    await cat.page.locator("#members-btn").tap();
    const sheet = cat.page.getByRole("complementary", { name: /People here 3\/3/ });
    await sheet.waitFor();
    await sheet.getByRole("button", { name: "Close" }).tap();
    await sheet.waitFor({ state: "hidden" });
    assert.equal(await cat.page.evaluate(() => document.activeElement.id), "members-btn");
    await cat.page.locator("#exit-btn").tap();
    await cat.page.waitForURL("/");
    await eventually(async () => (await rows.count()) === 2, "who left is not listed any more");
  },
);

scene("who writes is shown for at most 5 s, several people as a number", [], async (stage) => {
  const { ann, bea, id, hers, theirs } = await pair(stage);
  const cat = await stage.visitor({ name: "cat", ...PHONE });
  await enter(cat, id);
  const line = cat.page.locator("#typing");
  assert.equal(await line.isVisible(), false);
  await ann.page.locator("#chat").pressSequentially("he");
  await reads(line.locator(".typing__who"), `${hers.called} is typing`);
  await cat.page.locator("#members-btn").tap();
  await cat.page.locator(`#members-list [data-id="${hers.id}"] .member__note:visible`).waitFor();
  await cat.page.keyboard.press("Escape");
  await bea.page.locator("#chat").pressSequentially("I");
  await reads(line.locator(".typing__who"), "2 people are typing");
  assert.equal(
    await ann.page.locator(".typing__who").textContent(),
    `${theirs.called} is typing`,
    "nobody is told of themselves",
  );
  await say(bea, "I am done");
  await sees(cat, "I am done");
  await reads(line.locator(".typing__who"), `${hers.called} is typing`);
  const start = Date.now();
  await line.waitFor({ state: "hidden" });
  assert.ok(Date.now() - start <= 6_000, "and it goes by itself");
  assert.equal(await cat.page.locator("#rows", { hasText: "is typing" }).count(), 0);
});

scene(
  "while one looks elsewhere the title and the icon count what came, and a notification tells it",
  [],
  async (stage) => {
    const { ann, bea, id, hers } = await pair(stage, {}, { title: "busy" });
    await ann.page.locator("#silence:visible").waitFor();
    await bea.context.grantPermissions(["notifications"]);
    await bea.page.addInitScript(() => {
      window.notes = [];
      class Noted {
        static permission = "default";
        static async requestPermission() {
          Noted.permission = "granted";
          return "granted";
        }
        /**
         * @param {string} title
         * @param {{ body: string, tag: string }} options
         */
        constructor(title, options) {
          window.notes.push([title, options.body, options.tag]);
        }
        close() {}
      }
      Object.assign(window, { Notification: Noted });
    });
    await enter(bea, id);
    assert.equal(await dotted(bea), false);
    await hide(bea, true);
    await say(ann, "one");
    await ann.page.locator("#silence").waitFor({ state: "hidden" });
    await eventually(async () => (await bea.page.title()) === "(1) busy – gifchat");
    await say(ann, "two");
    await eventually(async () => (await bea.page.title()) === "(2) busy – gifchat");
    await eventually(() => dotted(bea), "the icon has a dot");
    assert.deepEqual(await bea.page.evaluate(() => window.notes), [], "nobody is notified who did not ask for it");
    await hide(bea, false);
    assert.equal(await bea.page.title(), "busy – gifchat");
    assert.equal(await dotted(bea), false);

    const notify = bea.page.getByRole("switch", { name: "Notify me of new messages" });
    assert.equal(await notify.getAttribute("aria-checked"), "false");
    await notify.click();
    await eventually(async () => (await notify.getAttribute("aria-checked")) === "true");
    await say(ann, "in sight");
    await sees(bea, "in sight");
    assert.deepEqual(await bea.page.evaluate(() => window.notes), [], "nor who is looking");
    await hide(bea, true);
    await say(ann, "<b>out of sight</b>");
    await eventually(() => bea.page.evaluate(() => window.notes.length === 1));
    const [[title, body, tag]] = await bea.page.evaluate(() => window.notes);
    assert.deepEqual([title, tag], ["busy", `/room/${id}`]);
    assert.equal(body, `${hers.called}: <b>out of sight</b>`);
  },
);

scene("the browser that refuses notifications is said so beside the switch", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  await ann.page.addInitScript(() => {
    class Denied {
      static permission = "denied";
      static async requestPermission() {
        return "denied";
      }
      close() {}
    }
    Object.assign(window, { Notification: Denied });
  });
  await makeRoom(ann);
  const notify = ann.page.getByRole("switch", { name: "Notify me of new messages" });
  await notify.focus();
  await ann.page.keyboard.press("Space");
  await reads(ann.page.locator("#notify-why"), /Notifications are blocked/);
  assert.equal(await notify.getAttribute("aria-checked"), "false");
});

for (const [locale, words] of Object.entries({
  "en-US": { today: "Today", full: /\b\w+, \w+ \d+, 20\d\d/ },
  "ko-KR": { today: "오늘", full: /20\d\d년 \d+월 \d+일/ },
})) {
  scene(
    `days are separated, one author in a row is a group, and times are local with the full date behind (${locale})`,
    [],
    async (stage) => {
      const { ann, bea } = await pair(stage, { locale, timezoneId: "Asia/Seoul" });
      for (const text of ["first", "second"]) await say(ann, text);
      await sees(bea, "second");
      await say(bea, "third");
      await sees(ann, "third");
      for (const one of [ann, bea]) {
        await reads(one.page.locator("#rows .day time").first(), words.today);
        assert.equal(await one.page.locator("#rows .day").count(), 1);
        const groups = await one.page.$$eval("#rows .message", (all) =>
          all.map((row) => row.classList.contains("message--more")),
        );
        assert.deepEqual(groups, [false, true, false]);
        const time = message(one, "first").locator(".message__time");
        const at = new Date(await time.getAttribute("datetime"));
        assert.equal((await time.textContent()).replace(/\s/g, " "), inSeoul(at, locale));
        assert.match(await time.getAttribute("title"), words.full);
      }
    },
  );
}

scene(
  "addresses are links that tell nothing, lines stay lines, and nothing that is written becomes markup",
  [],
  async (stage) => {
    const { ann, bea, id } = await pair(stage);
    await ann.page.fill(
      "#chat",
      "look: https://example.org/a?b=1&c=<2>, (http://example.com/x)\n<img src=x onerror=alert(1)>\njavascript:alert(1) &amp; </script>",
    );
    await ann.page.press("#chat", "Enter");
    /** @param {PageVisitor} one */
    const check = async (one) => {
      const text = message(one, "look:").locator(".message__text");
      await text.waitFor();
      assert.equal(
        await text.evaluate((element) => element.textContent),
        "look: https://example.org/a?b=1&c=<2>, (http://example.com/x)\n<img src=x onerror=alert(1)>\njavascript:alert(1) &amp; </script>",
      );
      const links = await text.locator("a").evaluateAll((all) => all.map((link) => [link.href, link.rel, link.target]));
      assert.deepEqual(links, [
        ["https://example.org/a?b=1&c=", "noopener noreferrer nofollow", "_blank"],
        ["http://example.com/x", "noopener noreferrer nofollow", "_blank"],
      ]);
      assert.equal(await text.locator("*:not(a)").count(), 0);
      assert.ok((await text.boundingBox()).height > 60, "three lines are three lines");
    };
    await check(bea);
    await check(ann);
    // The server renders it in the same way.
    await enter(bea, id);
    await check(bea);
    const plain = await stage.visitor({ name: "plain", javaScriptEnabled: false });
    await plain.page.goto(`/room/${id}`);
    await check(plain);
  },
);

for (const [name, options] of Object.entries({ "by keyboard": { hasTouch: false }, "by touch at 390 px": PHONE })) {
  scene(`the menu of a message opens, moves, closes and gives the focus back (${name})`, [], async (stage) => {
    const { ann, bea, hers } = await pair(stage, options);
    await bea.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await say(ann, "copy me");
    await sees(bea, "copy me");
    const { page } = bea;
    const more = message(bea, "copy me").getByRole("button", { name: `More: ${hers.called}` });
    const open = async () => {
      if (options.hasTouch) return more.tap();
      await more.focus();
      await page.keyboard.press("Enter");
    };
    await open();
    const menu = page.getByRole("menu");
    await menu.waitFor();
    const copy = menu.getByRole("menuitem", { name: "Copy text" });
    await hasFocus(bea, menu.getByRole("menuitem").first(), "the first entry has the focus");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    assert.equal(await menu.evaluate((element) => element.contains(document.activeElement)), true);
    const box = await menu.boundingBox();
    const { innerWidth: width, innerHeight: height } = await page.evaluate(() => ({ innerWidth, innerHeight }));
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, "it is in sight");
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
    await eventually(() => more.evaluate((button) => button === document.activeElement), "the focus is back");
    await open();
    if (options.hasTouch) await copy.tap();
    else await copy.press("Enter");
    await menu.waitFor({ state: "hidden" });
    await eventually(async () => (await page.evaluate(() => navigator.clipboard.readText())) === "copy me");
    await reads(page.locator("#announcer"), "Copied.");
  });
}
