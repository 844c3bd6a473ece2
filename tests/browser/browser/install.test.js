// The site as something to install: what the service worker keeps, and what it shows where there is no line.
import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { mistakes } from "../support/html.js";
import { NO_LINE, choose, enter, inside, makeRoom, openList, reads, say, sees, seesGif } from "../support/pages.js";
import { cached, controlled, databases, workerOf } from "../support/worker.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";
import { firstGroup } from "../support/first-group.js";

useChromium();

const PUBLIC = fileURLToPath(new URL("../../../public", import.meta.url));
/** A copy of these files, to be changed while a server serves them. */
const FILES = `${tmpdir()}/gifchat-public-${process.pid}`;
// Not before its pages are closed: they may still load scripts of it.
after(() => rm(FILES, { recursive: true, force: true }));

for (const [locale, lang] of [
  ["en-US", "en"],
  ["ko-KR", "ko"],
]) {
  const says = words(locale);

  scene(
    `without a server a page says so, in the language and theme that were chosen, and comes when it is back (${locale})`,
    [],
    async (stage) => {
      // The browser prefers the other one.
      const preferred = lang === "en" ? "ko-KR" : "en-US";
      const ann = await stage.visitor({ name: "ann", locale: preferred, viewport: { width: 320, height: 640 } });
      ann.allow(...NO_LINE);
      const { page } = ann;
      await page.goto("/");
      await controlled(ann);
      // From here on no page tries again by itself.
      await page.clock.install();
      await stage.server.stop();
      await page.goto("/");
      await reads(page.locator("h1"), words(preferred)("site.away"));
      await stage.server.start();
      await page.goto(`/?lang=${lang}`);
      await page.click("#theme-btn");
      await page.click("#theme-btn");
      assert.equal(await page.getAttribute("html", "data-theme"), "dark");
      const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await paper();
      await stage.server.stop();
      for (const path of ["/room", "/"]) {
        await page.goto(path);
        await reads(page.locator("h1"), says("site.away"));
      }
      assert.deepEqual(
        [await page.getAttribute("html", "lang"), await page.getAttribute("html", "data-theme")],
        [lang, "dark"],
      );
      /** @param {string} color */
      const lightness = (color) => Number(firstGroup(/([\d.]+)/, color));
      for (const color of [dark, await paper()]) assert.ok(lightness(color) < 0.5, color);
      assert.deepEqual(
        await page.evaluate(() => [
          document.documentElement.scrollWidth <= innerWidth,
          document.querySelector(".notice__art").getBoundingClientRect().width > 0,
        ]),
        [true, true],
        "it is drawn",
      );
      assert.deepEqual(await audit(page), []);
      assert.deepEqual(await mistakes({ offline: await page.content() }), []);

      const again = page.getByRole("link", { name: says("talk.connect_now") });
      const failed = page.waitForEvent("load");
      await again.click();
      await failed;
      await reads(page.locator("h1"), says("site.away"));
      await stage.server.start();
      await again.click();
      await reads(page.locator("h1"), new RegExp(`^${says("rooms.title")}`));
      // Every few seconds it tries by itself.
      await stage.server.stop();
      await page.goto("/room");
      await reads(page.locator("h1"), says("site.away"));
      await stage.server.start();
      await page.clock.runFor(5_000);
      await reads(page.locator("h1"), says("make.title"));
    },
  );
}

scene("an open room goes on by itself, and what the server says is shown as it is", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(...NO_LINE, /status of 404/);
  const id = await makeRoom(ann);
  await controlled(ann);
  await stage.server.stop();
  await ann.page.locator("#notices .banner--warn").waitFor();
  await reads(ann.page.locator("#room-title"), "room");
  await stage.server.start();
  await ann.page.locator("#notices .banner--warn").waitFor({ state: "detached" });
  await say(ann, "still here");
  await sees(ann, "still here");
  const answer = await ann.page.goto("/nowhere");
  assert.equal(answer?.status(), 404);
  await reads(ann.page.locator(".notice__code"), "404 · page_not_found");
  await enter(ann, id);
});

scene("a server that fails is not hidden behind the page for no line", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  await openList(ann);
  await controlled(ann);
  ann.allow(/status of 503/);
  // The worker sees what the server answers, and hands it on.
  await workerOf(ann).evaluate(() => {
    Object.defineProperty(FetchEvent.prototype, "preloadResponse", {
      get: () =>
        Promise.resolve(new Response("<h1>Bad day</h1>", { status: 503, headers: { "content-type": "text/html" } })),
    });
  });
  const answer = await ann.page.goto("/room");
  assert.equal(answer?.status(), 503);
  await reads(ann.page.locator("h1"), "Bad day");
});

scene("after a visit to a room nothing of it is in any cache", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await openList(bea);
  await controlled(bea);
  const id = await makeRoom(ann, { title: "leaves no trace" });
  await enter(bea, id);
  await say(ann, "said in confidence");
  await sees(bea, "said in confidence");
  await choose(bea, { name: "a.gif", bytes: gif() });
  await bea.page.locator("#queue .upload__alt").fill("a picture");
  await bea.page.click("#send-btn");
  await seesGif(bea, "a picture");
  await bea.page.click("#tray-btn");
  await bea.page.locator("#tray-list img").waitFor();
  await bea.page.keyboard.press("Escape");
  await bea.page.reload();
  await inside(bea);
  const version = firstGroup(/\/assets\/(\w+)\//, await bea.page.content());
  const all = await cached(bea);
  assert.deepEqual(
    all,
    [
      `/offline/${version}/css/app.css`,
      `/offline/${version}/icons.svg`,
      `/offline/${version}/js/pages/offline.js`,
      "/offline/en",
      "/offline/ko",
    ].sort(),
  );
  const texts = await bea.page.evaluate(async (paths) => {
    const answers = await Promise.all(paths.map((path) => caches.match(path)));
    return Promise.all(answers.map((answer) => answer?.text() ?? Promise.reject(new Error("it is not cached"))));
  }, all);
  const mine = await bea.page.evaluate(() => document.body.dataset.me);
  for (const text of texts)
    for (const part of [id, mine, "leaves no trace", "said in confidence"]) assert.ok(!text.includes(part), part);
  assert.deepEqual(
    (await databases(bea)).filter((name) => name !== "gifchat"),
    [],
  );
});

scene(
  "another version replaces the worker at once, with what it kept, and open pages stay",
  ["--public", FILES],
  async (stage) => {
    await cp(PUBLIC, FILES, { recursive: true });
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
    const id = await makeRoom(ann);
    await controlled(ann);
    const names = () => ann.page.evaluate(() => caches.keys());
    assert.deepEqual(await names(), ["offline-dev"]);
    const other = { page: await ann.context.newPage() };
    await enter(other, id);
    await enter(bea, id);
    const script = `${FILES}/js/worker/offline.js`;
    await writeFile(script, (await readFile(script, "utf8")).replace("offline-$", "later-$"));
    // A page that is opened asks for the worker again; the other one goes on meanwhile.
    await ann.page.reload();
    await eventually(
      async () => (await names()).join() === "later-dev",
      "the other worker has taken over, and what the first had kept is gone",
    );
    await controlled(ann);
    await say(other, "all the same");
    await sees(bea, "all the same");
  },
);

scene("what a page asks for and sends passes the worker by, and so do forms and invites", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const owner = await Visitor.arrive(stage.server);
  const { _id: id } = await owner.makeRoom({ password: "sesame" });
  const {
    body: { url },
  } = await owner.json("POST", `/room/${id}/invite`);
  await openList(ann);
  await controlled(ann);
  await workerOf(ann).evaluate(() => {
    self.answered = [];
    const { respondWith } = FetchEvent.prototype;
    FetchEvent.prototype.respondWith = function record(/** @type {unknown} */ answer) {
      self.answered.push(`${this.request.method} ${this.request.mode} ${new URL(this.request.url).pathname}`);
      return respondWith.call(this, answer);
    };
  });
  // The server lets nobody in by an invite who does not open it as a page.
  await ann.page.goto(url);
  await inside(ann);
  await choose(ann, { name: "a.gif", bytes: gif() });
  await ann.page.locator("#queue .upload__alt").fill("a picture");
  await ann.page.click("#send-btn");
  await seesGif(ann, "a picture");
  await makeRoom(ann);
  const made = new URL(ann.page.url()).pathname;
  const answered = await workerOf(ann).evaluate(() => self.answered);
  assert.deepEqual(
    answered,
    [new URL(url).pathname, `/room/${id}`, "/room", made].map((path) => `GET navigate ${path}`),
  );
  owner.end();
});

scene("a browser finds the manifest valid, with all it needs to install the site", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann", locale: "ko-KR" });
  await openList(ann);
  const devtools = await ann.context.newCDPSession(ann.page);
  const { url, errors, data } = await devtools.send("Page.getAppManifest");
  assert.deepEqual([new URL(url).pathname, errors], ["/manifest.webmanifest", []]);
  assert.equal(JSON.parse(String(data)).lang, "ko");
  // What is missing, if anything: a context of a test is incognito, where nothing can be installed.
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"),
    [],
  );
  for (const { src, sizes, type } of JSON.parse(String(data)).icons) {
    const size = await ann.page.evaluate(async (path) => {
      const image = new Image();
      image.src = path;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight].join("x");
    }, src);
    if (type === "image/png") assert.equal(size, sizes, src);
  }
});
