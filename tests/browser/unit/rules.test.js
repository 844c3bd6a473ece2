import assert from "node:assert/strict";
import { test } from "node:test";

// The page brings its texts in a block of JSON.
const page = { getElementById: () => ({ textContent: "{}" }), documentElement: { lang: "en" } };
globalThis.document = /** @type {any} */ (page);
const { checkMax, checkPassword, checkTitle, count } = await import("../../../public/js/models/rules.js");
const { dayKey } = await import("../../../public/js/lib/format.js");
const { fill, refusal } = await import("../../../public/js/lib/texts.js");

const words = {
  title_empty: "empty %{limit}",
  title_too_long: "long %{limit} %{was}",
  control: "control %{field}",
  title: "Title",
  max_number: "number %{min} %{limit}",
  max_range: "range %{min} %{limit}",
  password_too_long: "bytes %{limit} %{was}",
};

test("a title has 1 to 60 characters, whatever their bytes", () => {
  /** @param {string} title */
  const check = (title) => checkTitle(title, { limit: 60 }, words);
  assert.equal(check(" 방 "), "");
  assert.equal(check("👋".repeat(60)), "");
  assert.equal(check("👋".repeat(61)), "long 60 61");
  assert.equal(check("  "), "empty 60");
  assert.equal(check("a\u0000b"), "control Title");
  assert.equal(count("한👋a"), 3);
});

test("seats are a whole number in their range", () => {
  /** @param {string} max */
  const check = (max) => checkMax(max, { min: 2, limit: 200 }, words);
  for (const good of ["2", " 200 ", "10"]) assert.equal(check(good), "");
  for (const wrong of ["", "x", "1.5", "1e2"]) assert.equal(check(wrong), "number 2 200");
  for (const wrong of ["1", "201", "-3"]) assert.equal(check(wrong), "range 2 200");
});

test("a password is counted in bytes", () => {
  assert.equal(checkPassword("가".repeat(42), { limit: 128 }, words), "");
  assert.equal(checkPassword("가".repeat(43), { limit: 128 }, words), "bytes 128 129");
});

test("days are local, places are filled", () => {
  assert.equal(fill("%{n} of %{most}", { n: 1_000, most: "1000" }), "1,000 of 1000");
  assert.equal(dayKey(new Date(2026, 0, 5, 23, 59)), "2026-01-05");
  assert.equal(fill("%{a} and %{b} and %{c}", { a: 0, b: "$&" }), "0 and $& and %{c}");
  assert.equal(refusal({ code: "x", message: "in the server's words" }), "in the server's words");
});
