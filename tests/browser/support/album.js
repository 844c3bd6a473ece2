// Pictures of a page in every state: narrow and wide, light and dark. Each is checked by axe and by a checker of HTML.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { audit } from "./axe.js";
import { OUT, scene } from "./chrome.js";
import { mistakes } from "./html.js";

const SIZES = { 390: 844, 1280: 860 };
const THEMES = /** @type {const} */ (["light", "dark"]);
/** @typedef {"en" | "ko"} Lang */

/** @type {Record<Lang, string>} */
const LOCALES = { en: "en-US", ko: "ko-KR" };

/**
 * A scene in each language.
 * @typedef {import("./chrome.js").Stage} Stage
 * @param {string} name
 * @param {string[]} flags settings of the server
 * @param {(stage: Stage, album: Album, lang: Lang) => Promise<unknown>} play
 */
export function scenes(name, flags, play) {
  for (const lang of /** @type {Lang[]} */ (Object.keys(LOCALES))) {
    scene(`${name}: accessible, valid HTML, and pictured (${lang})`, flags, async (stage) => {
      const album = new Album(stage, lang);
      await mkdir(OUT, { recursive: true });
      await play(stage, album, lang);
      await album.check();
    });
  }
}

export class Album {
  #stage;
  #lang;
  /** @type {string[]} */
  #found = [];
  /** @type {Record<string, string>} */
  #pages = {};

  /**
   * @param {Stage} stage
   * @param {Lang} lang
   */
  constructor(stage, lang) {
    this.#stage = stage;
    this.#lang = lang;
  }

  /**
   * A visitor whose pages are checked as the server sends them, too.
   * @param {string} name
   */
  async visitor(name) {
    const visitor = await this.#stage.visitor({ name, locale: LOCALES[this.#lang] });
    visitor.page.on("response", async (answer) => {
      if (answer.request().resourceType() !== "document" || answer.status() === 303) return;
      const state = `served-${name}-${new URL(answer.url()).pathname.replaceAll(/\W+/g, "-")}-${answer.status()}`;
      const html = await answer.text().catch(() => null);
      if (html) this.#pages[state] = html;
    });
    return visitor;
  }

  /**
   * Takes the pictures of a state; `arrange(width)` puts it up anew where another width takes it down.
   * @param {WithPage} visitor
   * @param {string} state
   * @param {(width: number) => unknown} arrange
   */
  async shoot({ page }, state, arrange = () => {}) {
    for (const [width, height] of Object.entries(SIZES)) {
      await page.setViewportSize({ width: Number(width), height });
      await arrange(Number(width));
      // They lie over the page for a while, and are looked at by themselves.
      await page.evaluate(() => {
        for (const shut of document.querySelectorAll("#toasts [data-do=close]")) shut.click();
      });
      // What somebody typed into their own page is not ours to judge.
      this.#pages[state] = (await page.content()).replaceAll("\u0007", "");
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        const name = `${state}-${width}-${theme}-${this.#lang}`;
        if (!process.env.NO_AXE) this.#found.push(...(await audit(page)).map((wrong) => `${name}: ${wrong}`));
        await page.screenshot({ path: `${OUT}${name}.png`, animations: "disabled" });
      }
    }
    await page.emulateMedia({ colorScheme: THEMES[0] });
  }

  async check() {
    assert.deepEqual(this.#found, [], "axe finds nothing");
    assert.deepEqual(await mistakes(this.#pages), [], "the checker of HTML finds nothing");
  }
}
