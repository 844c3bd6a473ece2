// A room with much to read, and how one reads it.
import assert from "node:assert/strict";
import { Visitor, ask } from "./visitor.js";

/**
 * A room with so many messages, `line 1` first, and a way to say more.
 * @param {{ server: Site }} stage
 * @param {number} count
 * @param {object} flags of the room
 */
export async function talk(stage, count, flags = {}) {
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ title: "long talk", ...flags });
  const socket = await owner.enter(id);
  /** @param {string} text */
  const more = async (text) => assert.equal((await ask(socket, "chat", { chat: text })).ok, true);
  for (let n = 1; n <= count; n += 1) await more(n % 7 ? `line ${n}` : `line ${n}\nwith\nmore`);
  return { id, owner, more };
}

/** @type {(visitor: WithPage) => Promise<string[]>} */
export const texts = ({ page }) =>
  page.$$eval("#rows .message__text", (all) => all.map((one) => one.textContent.split("\n")[0]));
/** @type {(visitor: WithPage, by: number) => Promise<void>} */
export const scrollBy = ({ page }, by) =>
  page.$eval(
    "#chat-list",
    (list, pixels) => {
      list.scrollTop += pixels;
    },
    by,
  );
/** @type {(visitor: WithPage) => Promise<unknown>} */
export const frames = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
      }),
  );

/**
 * The first message in sight and where its foot stands: its head goes once what it goes on with is above it.
 * @param {WithPage} visitor
 */
export const reading = ({ page }) =>
  page.evaluate(() => {
    const box = document.getElementById("chat-list").getBoundingClientRect();
    const row = [...document.querySelectorAll("#rows .message")].find(
      (one) => one.getBoundingClientRect().top >= box.top,
    );
    if (!row) throw new Error("nothing is in sight");
    return { id: row.dataset.id, foot: Math.round(row.getBoundingClientRect().bottom) };
  });
/** @type {(visitor: WithPage, id: string) => Promise<number>} */
export const place = ({ page }, id) =>
  page.$eval(`[data-id="${id}"]`, (row) => Math.round(row.getBoundingClientRect().bottom));
/** @type {(visitor: WithPage, part: string) => Promise<number>} */
export const heightOf = ({ page }, part) => page.$eval(part, (one) => /** @type {HTMLElement} */ (one).offsetHeight);

/** @type {(visitor: WithPage) => Promise<number[]>} */
export const seqs = ({ page }) => page.$$eval("#rows [data-seq]", (all) => all.map((row) => Number(row.dataset.seq)));
/** @type {(all: number[]) => void} */
export const isRun = (all) =>
  assert.deepEqual(
    all,
    Array.from({ length: all.length }, (_, n) => all[0] + n),
    "a run without a gap",
  );
