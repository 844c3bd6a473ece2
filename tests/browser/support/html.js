// Whether pages are valid HTML: by the checker of the W3C where there is Java, else by html-validate.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

// A run of a second is over before Java's second compiler pays; the schema of HTML nests deep.
const JAVA = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss8m"];
const require = createRequire(import.meta.url);

/**
 * What is wrong with pages, `{name: html}`: one line for each mistake.
 * @typedef {Record<string, string>} Pages
 * @param {Pages} pages
 * @return {Promise<string[]>}
 */
export async function mistakes(pages) {
  const java = await run("java", ["-version"]).then(
    () => true,
    () => false,
  );
  return java ? byVnu(pages) : byHtmlValidate(pages);
}

/** @param {Pages} pages */
async function byVnu(pages) {
  const folder = await mkdtemp(join(tmpdir(), "gifchat-html-"));
  try {
    /** @type {string[]} */
    const files = [];
    for (const [name, html] of Object.entries(pages)) {
      const file = join(folder, `${name}.html`);
      files.push(file);
      await writeFile(file, html);
    }
    const jar = require.resolve("vnu-jar/build/dist/vnu.jar");
    const { stderr } = await run("java", [...JAVA, "-jar", jar, "--format", "json", "--exit-zero-always", ...files], {
      maxBuffer: 1 << 26,
    });
    /** @type {{ messages: Record<string, string>[] }} */
    const { messages } = JSON.parse(stderr);
    return messages.map(
      ({ url, type, lastLine, message, extract }) =>
        `${url.split("/").at(-1)}:${lastLine} ${type}: ${message} ${extract?.replaceAll(/\s+/g, " ").slice(0, 200)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The rules of the standard only; how an author likes to write is ours.
 * @param {Pages} pages
 */
async function byHtmlValidate(pages) {
  const { HtmlValidate } = await import("html-validate");
  const checker = new HtmlValidate({ extends: ["html-validate:standard"] });
  /** @type {string[]} */
  const found = [];
  for (const [name, html] of Object.entries(pages)) {
    const { results } = await checker.validateString(html);
    for (const { messages } of results)
      for (const { line, ruleId, message } of messages) found.push(`${name}:${line} ${ruleId}: ${message}`);
  }
  return found;
}
