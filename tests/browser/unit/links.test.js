import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { hrefOf, parts } from "../../../public/js/lib/links.js";

const cases = JSON.parse(await readFile(new URL("../../cases/links.json", import.meta.url), "utf8"));

test("addresses are found as the server finds them", () => {
  assert.ok(cases.length > 10);
  for (const [text, expected] of cases) {
    assert.deepEqual(
      parts(text).map(({ text: piece, link }) => [piece, link]),
      expected,
      text,
    );
    assert.equal(
      parts(text)
        .map(({ text: piece }) => piece)
        .join(""),
      text,
      "nothing is lost",
    );
  }
});

test("a text made to be costly to look through is not", () => {
  // With a cost that grew by the square of the length this would take minutes, by its cube days.
  for (const [head, tail] of [
    ["http://-", ")"],
    ["http://a", ")"],
    ["http://a(", "]"],
    ["http", "."],
  ]) {
    const began = performance.now();
    assert.ok(parts(head.repeat(50_000) + tail.repeat(500_000)).length < 3);
    const took = performance.now() - began;
    assert.ok(took < 10_000, `${head}${tail}: ${took} ms`);
  }
});

test("an address without a scheme leads to https", () => {
  assert.deepEqual(["www.a.org", "http://b.org"].map(hrefOf), ["https://www.a.org", "http://b.org"]);
});
