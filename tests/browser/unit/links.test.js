import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parts } from "../../../public/js/lib/links.js";

const cases = JSON.parse(await readFile(new URL("../../links.json", import.meta.url), "utf8"));

test("addresses are found as the server finds them", () => {
  assert.ok(cases.length > 10);
  for (const [text, expected] of cases) {
    assert.deepEqual(parts(text).map(({ text: piece, link }) => [piece, link]), expected, text);
    assert.equal(parts(text).map(({ text: piece }) => piece).join(""), text, "nothing is lost");
  }
});

test("a text made to be costly to look through is not: time grows with its length alone", () => {
  const costs = (text) => {
    const began = performance.now();
    for (let n = 0; n < 20; n += 1) parts(text);
    return performance.now() - began;
  };
  for (const [head, tail] of [["http://-", ")"], ["http://a", ")"], ["http://a(", "]"], ["http", "."]]) {
    const text = (length) => head.repeat(length / 20) + tail.repeat(length);
    costs(text(1_000));
    const [short, long] = [costs(text(2_000)), costs(text(32_000))];
    assert.ok(long < 64 * Math.max(short, 1), `${head}${tail}: ${short} ms, ${long} ms for 16 times the text`);
  }
});
