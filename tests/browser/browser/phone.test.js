// How the pages stand on a phone: nothing scrolls sideways, nothing is covered, and everything is large enough for a finger,
// at 390 px and at 320 px (WCAG 2.2: 1.4.10 reflow, 2.5.8 target size, 2.4.11 focus not obscured).
import assert from "node:assert/strict";
import { arrive } from "../support/company.js";
import { ball, gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { REFUSED, choose, enter, makeRoom, message, openList, say, sees, seesGif } from "../support/pages.js";
import { Visitor, ask } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/** What is wrong with how a page stands: a line for each thing. Runs in the page. */
function wrongs() {
  const FINGER = 44;
  const wrong = [];
  /** @param {Element} element */
  const named = (element) =>
    `${element.tagName.toLowerCase()}#${element.id}.${element.className} ${element.ariaLabel ?? element.textContent.trim().slice(0, 30)}`;
  /** @param {Element} element */
  const labelsOf = (element) => (element instanceof HTMLInputElement ? [...(element.labels ?? [])] : []);
  // Sideways.
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    wrong.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  for (const box of document.querySelectorAll(
    "#chat-list, #members, #queue, dialog[open], dialog[open] *, main, .menu",
  )) {
    if (!box.checkVisibility() || box.scrollWidth <= box.clientWidth + 1) continue;
    if (["auto", "scroll"].includes(getComputedStyle(box).overflowX))
      wrong.push(`${named(box)} scrolls sideways: ${box.scrollWidth} > ${box.clientWidth}`);
  }
  // What lies on top is all that can be used.
  const top =
    [...document.querySelectorAll("dialog[open]")].at(-1) ??
    document.querySelector(".menu:popover-open") ??
    document.querySelector("#members:popover-open") ??
    document.body;
  for (const element of top.querySelectorAll("a[href], button, input, select, textarea")) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.matches(".skip, .sr"))
      continue;
    const boxes = [element, ...labelsOf(element)]
      .filter((one) => !one.matches(".sr"))
      .map((one) => one.getBoundingClientRect());
    const [left, up] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
    const [right, down] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
    if (right <= left) continue;
    if (left < -1 || right > innerWidth + 1) wrong.push(`${named(element)} leaves the page: ${left} to ${right}`);
    // An address in a text is as high as its line.
    const inText = element.closest(".message__text") !== null;
    if (!inText && (right - left < FINGER - 0.5 || down - up < FINGER - 0.5))
      wrong.push(`${named(element)} is ${right - left} × ${down - up} px`);
    // What has been scrolled away is not in sight.
    let [from, to] = [Math.max(up, 0), Math.min(down, innerHeight)];
    for (let part = element.parentElement; part; part = part.parentElement) {
      if (getComputedStyle(part).overflowY === "visible") continue;
      const box = part.getBoundingClientRect();
      [from, to] = [Math.max(from, box.top), Math.min(to, box.bottom)];
    }
    if (inText || to - from < (down - up) * 0.7) continue;
    const seen = [0.15, 0.5, 0.85].some((x) =>
      [0.2, 0.5, 0.8].some((y) => {
        const hit = document.elementFromPoint(left + (right - left) * x, from + (to - from) * y);
        return element.contains(hit) || [...labelsOf(element)].some((label) => label.contains(hit));
      }),
    );
    if (!seen) wrong.push(`${named(element)} is covered`);
  }
  return wrong;
}

const LONG =
  "https://example.org/a-very-long-address-without-a-place-to-break?with=parameters&and=more Donaudampfschifffahrtsgesellschaftskapitänsmütze";

for (const [locale, theme] of [
  ["en-US", "dark"],
  ["ko-KR", "light"],
]) {
  const says = words(locale);
  scene(
    `at 390 and at 320 px nothing scrolls sideways, nothing is covered, and every target fits a finger (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({
        name: "ann",
        locale,
        colorScheme: theme,
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      ann.allow(REFUSED, /status of 4(04|22)/);
      const { page } = ann;
      /** @type {string[]} */
      const found = [];
      /** @param {string} state */
      const check = async (state) => {
        for (const width of [390, 320]) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 640 });
          // What is placed by script hears of the new width before the next frame.
          await page.evaluate(
            () =>
              new Promise((done) => {
                requestAnimationFrame(() => requestAnimationFrame(done));
              }),
          );
          await page.evaluate(() =>
            Promise.allSettled(
              document
                .getAnimations()
                .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
                .map(({ finished }) => finished),
            ),
          );
          found.push(...(await page.evaluate(wrongs)).map((wrong) => `${state} at ${width}: ${wrong}`));
        }
        await page.setViewportSize({ width: 390, height: 844 });
      };

      // The pages around a room.
      const other = await Visitor.arrive(stage.server);
      const locked = await other.makeRoom({ title: "W".repeat(60), password: "sesame" });
      const lively = await other.makeRoom({ title: LONG.slice(0, 60) });
      const socket = await other.enter(lively._id);
      const locket = await other.enter(locked._id);
      await openList(ann);
      await eventually(async () => (await page.locator("#room-list .room").count()) === 2);
      await check("list");
      await page.goto(`/room/${locked._id}`);
      await check("gate");
      await page.goto("/nowhere");
      await check("error");
      await page.goto("/room");
      await page.locator("#room-form [type=submit]").tap();
      await page.locator("#title-error:visible").waitFor();
      await check("form");

      // A room as somebody finds it, with all that is in it.
      const id = await makeRoom(ann, { title: LONG.slice(0, 60) });
      const chat = await other.enter(id);
      await ask(chat, "chat", { chat: LONG });
      await other.sendGif(id, { bytes: gif({ width: 300, height: 200, frames: 3, paint: ball }), alt: LONG });
      await other.sendGif(id, { bytes: gif({ width: 8, height: 8 }), alt: "tiny" });
      await say(ann, `mine: ${LONG}`);
      await sees(ann, "mine: ");
      await seesGif(ann, "tiny");
      await say(ann, "a bell \u0007 rings");
      await page.locator("#chat-list [data-state=failed]").waitFor();
      await choose(
        ann,
        { name: `${"long".repeat(20)}.gif`, bytes: gif() },
        { name: "not.gif", bytes: Buffer.from("no") },
      );
      await page.locator("#queue .upload--failed").waitFor();
      await check("room");
      while (await page.locator("#queue .upload").count()) await page.locator("#queue [data-do=cancel]").first().tap();

      // What opens over it.
      /**
       * @param {string} name
       * @param {() => Promise<unknown>} open
       * @param {string} shown
       */
      const opened = async (name, open, shown) => {
        await open();
        await page.locator(shown).waitFor();
        await check(name);
        await page.keyboard.press("Escape");
        await page.locator(shown).waitFor({ state: "hidden" });
      };
      /** @param {() => Promise<unknown>} tap */
      const inPanel = (tap) => async () => {
        await page.locator("#members-btn").tap();
        await tap();
      };
      const more = page.locator(
        `#members-list [data-id="${(await other.json("GET", `/room/${id}/messages`)).body.data.find((/** @type {Message} */ { alt }) => alt === "tiny").visitor}"] .more`,
      );
      /** @param {string} key */
      const entry = (key) => page.getByRole("menuitem", { name: says(key), exact: true });
      await opened("people", () => page.locator("#members-btn").tap(), "#members:popover-open");
      await opened("menu", () => message(ann, "Donau").first().locator(".more").tap(), "#menu:popover-open");
      await opened("tray", () => page.locator("#tray-btn").tap(), "#tray[open]");
      await opened("viewer", () => page.locator(".gif__open").first().tap(), "#viewer[open]");
      await opened("invite", () => page.locator("#invite-btn").tap(), "#invite[open]");
      await opened(
        "reports",
        inPanel(() => page.locator("#reports-btn").tap()),
        "#reports[open]",
      );
      await opened(
        "edit",
        inPanel(() => page.locator("#edit-btn").tap()),
        "#edit-dialog[open]",
      );
      await opened(
        "delete",
        inPanel(() =>
          page
            .locator("#edit-btn")
            .tap()
            .then(() => page.locator("#delete-btn").tap()),
        ),
        "#delete-dialog[open]",
      );
      await page.keyboard.press("Escape");
      await opened(
        "ban",
        inPanel(() => more.tap().then(() => entry("moderation.ban").tap())),
        "#deed-dialog[open]",
      );
      await opened(
        "whisper",
        inPanel(() => more.tap().then(() => entry("whisper.whisper").tap())),
        "#whisper[open]",
      );

      // The keyboard of the screen takes half of it: what one writes and what was said last stay in sight.
      await say(ann, "the last word");
      await sees(ann, "the last word");
      await page.locator("#chat").tap();
      await page.setViewportSize({ width: 390, height: 420 });
      for (const part of [
        page.locator("#chat"),
        page.locator("#send-btn"),
        message(ann, "the last word"),
        page.locator("#exit-btn"),
      ]) {
        await eventually(async () => {
          const { y, height } = await part.boundingBox();
          assert.ok(y >= 0 && y + height <= 420, `${part}: ${y} to ${y + height}`);
          return true;
        }, "above the keyboard");
      }
      assert.match(
        await page.locator("meta[name=viewport]").getAttribute("content"),
        /interactive-widget=resizes-content/,
      );
      await page.setViewportSize({ width: 390, height: 844 });

      // Reporting, in the room of somebody else: a member, and its owner.
      const [eve] = await arrive(stage.server, 1);
      await eve.enter(lively._id);
      await eve.say("by a member");
      await ask(socket, "chat", { chat: "by the owner" });
      await enter(ann, lively._id);
      /** @param {string} text */
      const reports = (text) =>
        message(ann, text)
          .locator(".more")
          .tap()
          .then(() => entry("report.report").tap());
      await opened("report", () => reports("by a member"), "#report[open]");
      await opened("report of the owner", () => reports("by the owner"), "#report-owner[open]");
      assert.deepEqual(found, []);
      assert.ok(socket && locket);
      eve.end();
      other.end();
    },
  );
}
