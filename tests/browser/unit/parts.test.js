// The convention of the pages' scripts: a part is `start…(page)`, and stands in the list of a page or is loaded by another part.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const ROOT = new URL("../../../public/js/", import.meta.url);
const LIST = /(?:const parts = |for \(const start of )\[([^\]]*)\]/;

const paths = (await readdir(ROOT, { recursive: true })).filter((path) => path.endsWith(".js"));
const scripts = await Promise.all(
  paths.map(async (path) => ({ path, text: await readFile(new URL(path, ROOT), "utf8") })),
);
const pages = scripts.filter(({ path, text }) => path.startsWith("pages/") && text.includes("startTheme"));

/** @param {string} text */
const listed = (text) => (LIST.exec(text)?.[1] ?? "").split(",").flatMap((name) => name.trim() || []);

test("a function that is called start takes the page, or nothing", () => {
  const parts = scripts.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:export )?(?:async )?function start[A-Z]\w*\(([^)]*)\)/gm)].map(([, takes]) => ({
      path,
      takes,
    })),
  );
  assert.ok(parts.length > 15, `only ${parts.length} parts were found`);
  for (const { path, takes } of parts) assert.match(takes, /^(?:|page|\{[^}]*\})$/, `in ${path}`);
});

test("the parts of a page stand in one list, which starts them all", () => {
  assert.ok(pages.length >= 6, `only ${pages.length} pages were found`);
  for (const { path, text } of pages) {
    assert.ok(listed(text).includes("startTheme"), `${path} lists no theme`);
    const others = text.replace(LIST, "").matchAll(/^start[A-Z]\w*\(/gm);
    assert.deepEqual([...others], [], `${path} starts a part beside its list`);
  }
});

test("every part is started by a page or by the part that it belongs to", () => {
  const all = scripts.map(({ text }) => text).join("\n");
  for (const { path, text } of scripts) {
    for (const [, name] of text.matchAll(/^export (?:async )?function (start[A-Z]\w*)/gm)) {
      const inList = pages.some((page) => listed(page.text).includes(name));
      const called = new RegExp(`(?<!function )\\b${name}\\(`).test(all);
      assert.notEqual(inList, called, `${name} of ${path} is ${inList ? "started twice" : "started by nobody"}`);
    }
  }
});
