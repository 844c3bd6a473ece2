// What the page does as the server does it, by the cases that the tests of the server run as well.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { hueClass, isSameGroup, shapeOf } from "../../../public/js/lib/looks.js";

/** @type {(name: string) => Promise<any>} */
const cases = async (name) => JSON.parse(await readFile(new URL(`../../cases/${name}.json`, import.meta.url), "utf8"));

// The language of a page is that of its document, so each is another worker.
const IN_LANGUAGE = `
  const { parentPort, workerData: { lang, format, cases } } = require("node:worker_threads");
  globalThis.document = { getElementById: () => null, documentElement: { lang } };
  import(format).then(({ limitText, sizeText }) => parentPort.postMessage({
    sizes: cases.sizes.map(([bytes]) => sizeText(bytes)),
    limits: cases.limits.map(([bytes]) => limitText(bytes)),
  }));`;

/**
 * @param {string} lang
 * @param {object} cases
 */
function textsIn(lang, cases) {
  const format = new URL("../../../public/js/lib/format.js", import.meta.url).href;
  const worker = new Worker(IN_LANGUAGE, { eval: true, workerData: { lang, format, cases } });
  return new Promise((done, fail) => worker.once("message", done).once("error", fail));
}

test("sizes and limits are written as the server writes them, in both languages", async () => {
  const { sizes, limits } = await cases("sizes");
  for (const [column, lang] of /** @type {const} */ ([
    [1, "en"],
    [2, "ko"],
  ])) {
    const texts = await textsIn(lang, { sizes, limits });
    assert.deepEqual(texts, {
      sizes: sizes.map((/** @type {Record<string | number, string>} */ row) => row[column]),
      limits: limits.map((/** @type {Record<string | number, string>} */ row) => row[column]),
    });
  }
});

test("a GIF has the shape that the server gives it", async () => {
  for (const [width, height, shape] of await cases("shapes"))
    assert.equal(shapeOf(width, height), shape, `${width} × ${height}`);
});

test("messages are grouped as the server groups them", async () => {
  for (const [name, messages, expected] of await cases("groups")) {
    /** @type {{ visitor: string, at: number }[]} */
    const rows = messages.map((/** @type {[string, number]} */ [visitor, at]) => ({ visitor, at }));
    const more = rows.map((row, at) => at > 0 && isSameGroup(rows[at - 1], row));
    assert.deepEqual(more, expected, name);
  }
});

test("a hue has the class that the server gives it", async () => {
  for (const [hue, expected] of await cases("hues")) assert.equal(hueClass(hue), expected);
});
