// The door of a room: it asks for the password, or says at once why that would not help.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { audit } from "../support/axe.js";
import { OUT, scene, useChromium } from "../support/chrome.js";
import { enter, inside, makeRoom, reads, REFUSED } from "../support/pages.js";

useChromium();

const WORDS = {
  "en-US": {
    closed: "The owner has closed this room.",
    banned: /for another 60 min\.$/,
    gone: "This room does not exist.",
  },
  "ko-KR": {
    closed: "지금은 새로 들어올 수 없는 방이에요.",
    banned: /60분 뒤에 들어올 수 있어요\.$/,
    gone: "존재하지 않는 방이에요.",
  },
};

/**
 * Asks the server for something as the owner's page does.
 * @param {WithPage} visitor
 * @param {string} method
 * @param {string} path
 * @param {object} body
 */
const asks = ({ page }, method, path, body) =>
  page.evaluate(
    async ({ how, where, what }) => {
      const response = await fetch(where, {
        method: how,
        headers: { accept: "application/json", "content-type": "application/json" },
        body: JSON.stringify(what),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text.startsWith("{") ? JSON.parse(text) : text;
    },
    { how: method, where: path, what: body },
  );

/**
 * @param {WithPage} visitor
 * @param {string} name
 */
async function shot({ page }, name) {
  await mkdir(OUT, { recursive: true });
  await page.screenshot({ path: `${OUT}door-${name}.png` });
}

/**
 * @param {WithPage} visitor
 * @param {string | RegExp} words
 */
const saysShut = async ({ page }, words) => {
  await reads(page.locator(".gate__shut"), words);
  assert.equal(await page.locator("#password").count(), 0, "no password is asked for");
  assert.deepEqual(await audit(page), []);
};

for (const [locale, words] of Object.entries(WORDS)) {
  const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};

  scene(
    `who stands before a locked room sees it close and open again, and then gets in (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale, ...look });
      const bea = await stage.visitor({ name: "bea", locale, ...look });
      bea.allow(REFUSED);
      const room = await makeRoom(ann, { title: "a room with a door", password: "sesame" });
      /** @param {boolean} yes */
      const closed = (yes) => asks(ann, "PATCH", `/room/${room}`, { closed: yes });
      await bea.page.goto(`/room/${room}`);
      await bea.page.locator("#password").waitFor();
      await closed(true);
      await saysShut(bea, words.closed);
      await reads(bea.page.locator("h1"), "a room with a door");
      await shot(bea, `closed-${locale}`);
      await closed(false);
      await bea.page.fill("#password", "wrong");
      await bea.page.press("#password", "Enter");
      await bea.page.locator("#password-error").waitFor();
      // Also where the page is the answer to a form.
      await closed(true);
      await saysShut(bea, words.closed);
      await closed(false);
      await bea.page.fill("#password", "sesame");
      await bea.page.press("#password", "Enter");
      await inside(bea);
    },
  );

  scene(
    `an open room that is closed lets who waits before it in when it opens, or says that it is gone (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale, ...look });
      const [bea, cat] = [
        await stage.visitor({ name: "bea", locale, ...look }),
        await stage.visitor({ name: "cat", locale, ...look }),
      ];
      for (const one of [bea, cat]) one.allow(REFUSED, /status of 404/);
      const open = await makeRoom(ann);
      const { _id: short } = await asks(ann, "POST", "/room", { title: "not for long" });
      for (const room of [open, short]) await asks(ann, "PATCH", `/room/${room}`, { closed: true });
      await bea.page.goto(`/room/${open}`);
      await cat.page.goto(`/room/${short}`);
      for (const one of [bea, cat]) await saysShut(one, words.closed);
      await asks(ann, "PATCH", `/room/${open}`, { closed: false });
      await inside(bea);
      await asks(ann, "POST", `/room/${short}/delete`, {});
      await reads(cat.page.locator(".notice__title"), words.gone);
    },
  );

  scene(`who is banned for a time reads until when at the door (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale, ...look });
    const bea = await stage.visitor({ name: "bea", locale, ...look });
    bea.allow(REFUSED);
    const room = await makeRoom(ann, { password: "sesame" });
    await bea.page.goto(`/room/${room}`);
    await bea.page.fill("#password", "sesame");
    await bea.page.press("#password", "Enter");
    await inside(bea);
    const visitor = await bea.page.evaluate(() => document.body.dataset.me);
    await asks(ann, "POST", `/room/${room}/moderate`, { action: "ban", visitor, seconds: 3_600 });
    await bea.page.locator(".banner__says").waitFor();
    await bea.page.goto(`/room/${room}`);
    await saysShut(bea, words.banned);
    await shot(bea, `banned-${locale}`);
    await asks(ann, "POST", `/room/${room}/moderate`, { action: "unban", visitor });
    await enter(bea, room);
  });
}
