// The site without JavaScript, and in one's own language and theme.
import assert from "node:assert/strict";
import { gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { REFUSED, choose, makeRoom, openList, reads, row, say, sees, seesGif } from "../support/pages.js";

useChromium();

for (const [locale, words] of Object.entries({
  "en-US": {
    list: /Without JavaScript/,
    room: /need JavaScript/,
    form: /talking in them needs JavaScript/,
    wrong: "Wrong password.",
    title: /Give the room a name/,
  },
  "ko-KR": {
    list: /JavaScript/,
    room: /JavaScript/,
    form: /이야기하려면 JavaScript/,
    wrong: "비밀번호가 틀렸어요.",
    title: /제목/,
  },
})) {
  scene(`without JavaScript one reads, makes and unlocks rooms (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    const nojs = await stage.visitor({ name: "nojs", locale, javaScriptEnabled: false });
    nojs.allow(REFUSED, /status of 422/);
    const id = await makeRoom(ann, { title: "with scripts", password: "sesame" });
    await say(ann, "for everybody to read");
    await sees(ann, "for everybody to read");
    await choose(ann, { name: "a.gif", bytes: gif() });
    await ann.page.locator("#queue .upload__alt").fill("a picture");
    await ann.page.click("#send-btn");
    await seesGif(ann, "a picture");

    const { page } = nojs;
    await page.goto("/");
    await reads(page.locator("noscript .no-script, .no-script").first(), words.list);
    await row(nojs, id).locator(".join-btn").click();
    await reads(page.locator(".no-script"), words.form);
    await page.fill("[name=password]", "wrong");
    await page.click("main [type=submit]");
    await reads(page.locator(".error-message"), words.wrong);
    await page.fill("[name=password]", "sesame");
    await page.click("main [type=submit]");
    await page.waitForURL(`/room/${id}`);
    await page.locator("#chat-list", { hasText: "for everybody to read" }).waitFor();
    await seesGif(nojs, "a picture");
    await reads(page.locator(".no-script").first(), words.room);
    for (const time of await page.locator("#rows time").allTextContents())
      assert.match(time, /^(\d\d?:\d\d [AP]M|오[전후] \d\d?:\d\d) UTC$/);
    for (const time of await ann.page.locator("#rows time").allTextContents()) assert.doesNotMatch(time, /UTC/);
    assert.equal(await page.locator("#chat").isVisible(), false, "what needs scripts is not offered");
    assert.equal(await page.locator("#theme-btn").isVisible(), false);

    await page.goto("/room");
    await reads(page.locator(".no-script"), words.form);
    await page.click("#room-form [type=submit]");
    await reads(page.locator("#title-error"), words.title);
    await page.fill("[name=title]", "without scripts");
    await page.fill("[name=max]", "1");
    await page.click("#room-form [type=submit]");
    assert.notEqual((await page.locator("#max-error").textContent()).trim(), "");
    assert.equal(await page.inputValue("[name=title]"), "without scripts");
    await page.fill("[name=max]", "7");
    await page.click("#room-form [type=submit]");
    await page.waitForURL(/\/room\/\w+$/);
    await reads(page.locator("#room-title"), "without scripts");
    await openList(ann);
    await row(ann, new URL(page.url()).pathname.replace("/room/", "")).waitFor();
    await page.click('form[action$="/delete"] button');
    await page.waitForURL("/");
    await row(ann, new URL(page.url()).pathname.replace("/room/", "")).waitFor({ state: "detached" });
  });
}

scene("language and theme are remembered on every page", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann", locale: "ko-KR" });
  ann.allow(/status of 404/);
  const { page } = ann;
  const html = page.locator("html");
  await page.goto("/");
  assert.equal(await html.getAttribute("lang"), "ko");
  await page.click("a[hreflang=en]");
  await page.waitForURL("/");
  await reads(page.locator("h1"), /^Open rooms/);
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  const label = await page.textContent("#theme-btn");
  await page.click("#theme-btn");
  assert.equal(await html.getAttribute("data-theme"), "light");
  assert.notEqual(await page.textContent("#theme-btn"), label);
  await page.click("#theme-btn");
  assert.equal(await html.getAttribute("data-theme"), "dark");
  const dark = await paper();
  assert.notEqual(dark, light);
  for (const path of ["/room", "/nowhere", "/"]) {
    await page.goto(path);
    assert.equal(await html.getAttribute("data-theme"), "dark");
    assert.equal(await html.getAttribute("lang"), "en");
    assert.equal(await paper(), dark);
  }
  await page.click("#theme-btn");
  assert.equal(await html.getAttribute("data-theme"), null);
  await page.reload();
  assert.equal(await html.getAttribute("data-theme"), null);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await paper(), dark, "without a choice the device decides");
});

scene("no page runs or loads what is not the site's own", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  const id = await makeRoom(ann);
  for (const path of ["/", "/room", `/room/${id}`, "/nowhere"]) {
    stage.check();
    ann.complaints.length = 0;
    ann.allowed = [/status of 404/];
    const answer = await ann.page.goto(path);
    const headers = answer?.headers() ?? {};
    const policy = headers["content-security-policy"];
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(
      await ann.page.locator("script:not([src]):not([type='application/json']), style, [style], [onclick]").count(),
      0,
      `${path} has nothing inline`,
    );
    stage.check();
    ann.allow(/Content Security Policy/);
    const ran = await ann.page.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const loaded = await new Promise((done) => {
        const image = new Image();
        image.onload = () => done(true);
        image.onerror = () => done(false);
        image.src = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
      });
      return [window.ran, loaded];
    });
    assert.deepEqual(ran, [undefined, false]);
  }
});
