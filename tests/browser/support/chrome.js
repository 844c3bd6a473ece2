// Visitors in Chromium, each with a context of its own. What the browser complains about fails the test.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Server } from "./server.js";
import { TIMEOUT, within } from "./wait.js";

export const OUT = fileURLToPath(new URL("../../../target/screens/", import.meta.url));

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

// No scene takes this long; what waits without an end of its own is ended with its evidence.
const LONGEST = 150_000;

// Chromium looks for a newer service worker at times of its own, also while a scene has no line. Whether a worker comes at all,
// install.test.js sees.
const WORKER_WITHOUT_A_LINE = /^An unknown error occurred when fetching the script\./;

/** @type {import("playwright-core").Browser} */
let browser;

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
// The same without what surrounds a page, such as notifications: it takes a quarter less processor time.
const SHELL = process.env.CHROMIUM_SHELL ?? CHROMIUM;

/** Starts the browser before the tests of a file and ends it after them; `whole` if they need more of it than pages. */
export function useChromium({ whole = false } = {}) {
  before(async () => {
    browser = await chromium.launch({ executablePath: whole ? CHROMIUM : SHELL, args: ARGS });
  });
  after(() => browser?.close());
}

/**
 * Somebody's name and browser.
 * @typedef {Omit<import("playwright-core").BrowserContextOptions, "colorScheme" | "reducedMotion" | "serviceWorkers">} Options
 * @typedef {Options & { name?: string, colorScheme?: string, reducedMotion?: string, serviceWorkers?: string }} VisitorOptions
 */

/**
 * A test with a server and visitors of its own.
 * @param {string} name
 * @param {string[]} flags settings of the server
 * @param {(stage: Stage) => Promise<unknown>} play
 */
export function scene(name, flags, play) {
  test(name, async () => {
    const stage = new Stage(await Server.start(flags));
    try {
      await within(play(stage), LONGEST, "the scene");
      stage.check();
    } catch (error) {
      await stage.keepEvidence(name);
      throw error;
    } finally {
      await stage.end();
    }
  });
}

export class Stage {
  /** @type {PageVisitor[]} */
  #visitors = [];

  /** @param {Server} server */
  constructor(server) {
    this.server = server;
  }

  /**
   * A visitor with an open page; the options are those of a Playwright context.
   * @param {VisitorOptions} options
   */
  async visitor({ name = `visitor ${this.#visitors.length + 1}`, ...options } = {}) {
    const look = /** @type {import("playwright-core").BrowserContextOptions} */ (options);
    const context = await browser.newContext({
      baseURL: this.server.url,
      locale: "en-US",
      colorScheme: "light",
      reducedMotion: "no-preference",
      viewport: { width: 1280, height: 800 },
      ...look,
    });
    context.setDefaultTimeout(TIMEOUT);
    const page = await context.newPage();
    /** @type {PageVisitor} */
    const visitor = {
      name,
      context,
      page,
      complaints: [],
      allowed: [WORKER_WITHOUT_A_LINE],
      allow(...patterns) {
        this.allowed.push(...patterns);
      },
    };
    this.#visitors.push(visitor);
    this.#listen(visitor);
    return visitor;
  }

  /** @param {PageVisitor} visitor */
  #listen({ context, complaints }) {
    const own = new URL(this.server.url).host;
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        complaints.push(`${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => complaints.push(`page error: ${error.error().stack}`));
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (!["blob:", "data:"].includes(url.protocol) && url.host !== own) complaints.push(`request to ${url}`);
    });
  }

  /** Fails when a page complained of something that the test did not allow. */
  check() {
    for (const { name, complaints, allowed } of this.#visitors) {
      const bad = complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)));
      assert.deepEqual(bad, [], `${name}'s page complained`);
    }
  }

  /** @param {string} name of the test */
  async keepEvidence(name) {
    const folder = `${OUT}failed/`;
    await mkdir(folder, { recursive: true });
    for (const { page, name: who, complaints } of this.#visitors) {
      const file = `${folder}${name} ${who}.png`.replaceAll(/[^\w./-]+/g, "-");
      await page.screenshot({ path: file }).catch(() => {});
      if (complaints.length > 0) console.log(`${who}: ${complaints.join("\n")}`);
    }
    const { log } = this.server;
    const odd = log.filter(({ level, message }) => level !== "INFO" || message !== "request");
    const sent = log.filter(({ message, method }) => message === "request" && method === "POST");
    console.log([...odd.slice(-10), ...sent.slice(-10)].map((line) => JSON.stringify(line)).join("\n"));
  }

  async end() {
    // A page that does not let itself be closed goes with the browser.
    for (const { context } of this.#visitors) await within(context.close(), TIMEOUT, "closing").catch(() => {});
    await this.server.end();
  }
}

/**
 * Keeps a picture of the page.
 * @param {WithPage} visitor
 * @param {string} name
 */
export const keep = async ({ page }, name) => {
  await mkdir(OUT, { recursive: true });
  await page.screenshot({ path: `${OUT}${name}.png` });
};
