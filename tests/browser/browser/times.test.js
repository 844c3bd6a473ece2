// When something was said: one way to write it in each language, and reached by every hand.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { Keys } from "../support/keys.js";
import { enter, message, sees, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * A room where one visitor has said three things in a row, and a page that is in it.
 * @param {Stage} stage
 * @param {VisitorOptions} [options]
 */
async function groupOf(stage, options) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "times" });
  await bea.enter(id);
  for (const text of ["first", "second", "third"]) await bea.say(text);
  const ann = await stage.visitor({ name: "ann", ...options });
  await enter(ann, id);
  await sees(ann, "third");
  return { ann, bea };
}

/**
 * The times that one sees, and of which texts.
 * @param {WithPage} visitor
 */
const shown = ({ page }) =>
  page.$$eval("#rows .message", (all) =>
    all
      .filter((row) => {
        const time = row.querySelector(".message__time");
        const { left, right, top, bottom } = time.getBoundingClientRect();
        return right - left > 20 && time.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
      })
      .map((row) => row.querySelector(".message__text").textContent),
  );

for (const locale of ["en-US", "ko-KR"]) {
  scene(
    `the time of a message inside a group is shown where one taps, and goes again (${locale})`,
    [],
    async (stage) => {
      const { ann } = await groupOf(stage, {
        locale,
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      assert.deepEqual(await shown(ann), ["first"]);
      for (const text of ["second", "third"]) {
        const row = message(ann, text);
        await row.locator(".message__text").tap();
        assert.deepEqual(await shown(ann), ["first", text]);
        const [time, said] = [
          await row.locator(".message__time").boundingBox(),
          await row.locator(".message__text").boundingBox(),
        ];
        assert.ok(time.y >= said.y + said.height, "it stands below what was said");
        const clock = await row.locator(".message__time").textContent();
        assert.ok(
          (await row.getAttribute("aria-label")).endsWith(` ${clock}`),
          "it is in the name of the message, too",
        );
      }
      await ann.page.locator("#chat").tap();
      assert.deepEqual(await shown(ann), ["first"]);
    },
  );
}

scene("the time of a message inside a group is shown where the arrows go", [], async (stage) => {
  const { ann } = await groupOf(stage);
  const hand = new Keys(ann);
  for (const text of ["third", "second"]) {
    await hand.go(message(ann, text));
    assert.deepEqual(await shown(ann), ["first", text]);
  }
  await ann.page.keyboard.press("ArrowRight");
  assert.deepEqual(await shown(ann), ["first", "second"], "also inside the message");
});

/** How a language writes a time, `ahead` hours from UTC. */
/** @type {Record<string, (half: number, time: string) => string>} */
const WAY = {
  "en-US": (half, time) => `${time} ${half === 0 ? "AM" : "PM"}`,
  "ko-KR": (half, time) => `${half === 0 ? "오전" : "오후"} ${time}`,
};

/**
 * @param {string} locale
 * @param {string} at
 * @param {number} ahead
 */
function told(locale, at, ahead) {
  const [hour, minute] = [(new Date(at).getUTCHours() + ahead) % 24, new Date(at).getUTCMinutes()];
  return WAY[locale](Math.floor(hour / 12), `${hour % 12 || 12}:${String(minute).padStart(2, "0")}`);
}

for (const locale of Object.keys(WAY)) {
  scene(
    `all times are written in the one way of the language, by the server and by the page (${locale})`,
    [],
    async (stage) => {
      const { ann, bea } = await groupOf(stage, { locale, timezoneId: "Asia/Seoul" });
      await bea.sendGif("a sea", { width: 200, height: 150 });
      const figure = await seesGif(ann, "a sea");
      const times = await ann.page.$$eval("#rows time:not(.day time)", (all) =>
        all.map(({ textContent, title, dateTime }) => ({ textContent, title, dateTime })),
      );
      assert.ok(times.length >= 5, "messages and lines are there");
      for (const { textContent, title, dateTime } of times) {
        assert.ok(title.endsWith(` ${textContent}`), `${title} ends with ${textContent}`);
        assert.equal(textContent, told(locale, dateTime, 9));
      }
      await figure.locator(".gif__open").click();
      await eventually(
        async () =>
          (await ann.page.locator("#viewer[open] time").textContent()).endsWith(
            ` ${times[times.length - 1].textContent}`,
          ),
        "the large view says it so",
      );

      const plain = await stage.visitor({ name: "plain", locale, javaScriptEnabled: false });
      await plain.page.goto(ann.page.url());
      await plain.page.locator("#chat-list").waitFor();
      const served = await plain.page.$$eval("#rows time", (all) =>
        all.map(({ textContent, dateTime }) => [textContent, dateTime]),
      );
      assert.ok(served.length >= 5);
      for (const [text, at] of served) assert.equal(text, `${told(locale, at, 0)} UTC`);
    },
  );
}
