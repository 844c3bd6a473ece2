// The arrows of the conversation begin at what one sees.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { enter } from "../support/pages.js";
import { talk } from "../support/talk.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * The text of the message with the focus, and those of all that one sees some of.
 * @param {WithPage} visitor
 */
const held = ({ page }) =>
  page.evaluate(() => document.activeElement.closest(".message")?.querySelector(".message__text").textContent);
/** @param {WithPage} visitor */
const seen = ({ page }) =>
  page.evaluate(() => {
    const { top, bottom } = document.getElementById("chat-list").getBoundingClientRect();
    /** @param {Element} row */
    const inside = (row) => row.getBoundingClientRect().top < bottom && row.getBoundingClientRect().bottom > top;
    return [...document.querySelectorAll("#rows .message")]
      .filter(inside)
      .map((row) => row.querySelector(".message__text").textContent);
  });

/**
 * Waits until what was pressed scrolls no more.
 * @param {WithPage} visitor
 */
const stands = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const list = document.getElementById("chat-list");
        let [top, still] = [list.scrollTop, 0];
        const look = () => {
          still = list.scrollTop === top ? still + 1 : 0;
          top = list.scrollTop;
          if (still === 15) done(undefined);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );

scene(
  "after End and PageUp the arrows go on with what is in sight, and not with what one has scrolled away from",
  [],
  async (stage) => {
    const { id, owner } = await talk(stage, 120);
    const ann = await stage.visitor({ name: "ann" });
    await enter(ann, id);
    /** @param {string} key */
    const press = (key) => ann.page.keyboard.press(key);
    await ann.page.locator("#chat-list").focus();
    await eventually(async () => {
      await press("ArrowUp");
      return await held(ann);
    }, "the arrows lead into it");
    /** @param {string} key */
    const away = async (key) => {
      const from = await held(ann);
      assert.ok(from, "a message has the focus");
      await eventually(async () => {
        await press(key);
        await stands(ann);
        return !(await seen(ann)).includes(from);
      }, `${key} leads away`);
      return seen(ann);
    };
    for (const [key, arrow] of [
      ["PageUp", "ArrowUp"],
      ["PageUp", "ArrowDown"],
      ["End", "ArrowUp"],
    ]) {
      const there = await away(key);
      await press(arrow);
      assert.ok(
        there.includes(await held(ann)),
        `after ${key}, ${arrow} leads to ${await held(ann)}, and in sight were ${there}`,
      );
    }
    owner.end();
  },
);
