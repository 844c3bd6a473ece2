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
