// What visitors do and see, in the words of the site.
import assert from "node:assert/strict";
import { eventually } from "./wait.js";

/** What the browser writes to its console when a page is answered with a refusal. */
export const REFUSED = /status of 403/;

/** What it writes while there is no network or no server. */
export const NO_LINE = [
  /ERR_INTERNET_DISCONNECTED/,
  /WebSocket connection to .* failed/,
  /ERR_CONNECTION_(REFUSED|RESET)/,
  /ERR_NETWORK_CHANGED/,
  /ERR_EMPTY_RESPONSE/,
];

/**
 * Opens the list and waits until it is live.
 * @param {WithPage} visitor
 */
export async function openList({ page }) {
  const live = page.waitForResponse((response) => new URL(response.url()).pathname === "/rooms");
  await page.goto("/");
  await live;
}

/**
 * Makes a room by the form; one stands in it afterwards. Gives its id.
 * @param {WithPage} visitor
 * @param {{ title?: string, max?: number, password?: string }} fields
 */
export async function makeRoom(visitor, { title = "room", max = 10, password = "" } = {}) {
  const { page } = visitor;
  await page.goto("/room");
  await page.fill("#room-form [name=title]", title);
  await page.fill("#room-form [name=max]", String(max));
  await page.fill("#room-form [name=password]", password);
  await page.click("#room-form [type=submit]");
  await page.waitForURL(/\/room\/\w+$/);
  await inside(visitor);
  return page.url().split("/").at(-1) ?? "";
}

/**
 * @param {WithPage} visitor
 * @param {string} id
 */
export async function enter(visitor, id) {
  await visitor.page.goto(`/room/${id}`);
  await inside(visitor);
}

/**
 * Waits until the page has joined: one is counted among the members.
 * @param {WithPage} visitor
 */
export async function inside({ page }) {
  await page.locator("#chat-list").waitFor();
  const me = await page.evaluate(() => document.body.dataset.me);
  await page.locator(`#members-list [data-id="${me}"]`).waitFor({ state: "attached" });
}

/**
 * Who one is, by one's own page: `{id, called, color}`, the name in the language of the page.
 * @param {WithPage} visitor
 */
export const selfOf = ({ page }) =>
  page.evaluate(() => {
    const { me: id, name: called, color } = document.body.dataset;
    return { id, called, color };
  });

/**
 * One's name in both languages, as the line tells it that says that one came into this room.
 * @param {WithPage} visitor
 */
export const namesOf = ({ page }) =>
  page.evaluate(async () => {
    /** @type {MessagePage} */
    const { data } = await (await fetch(`${location.pathname}/messages`)).json();
    const mine = data.find(({ visitor }) => visitor === document.body.dataset.me);
    if (!mine) throw new Error("no system message names the visitor of this page");
    return mine.name;
  });

/**
 * Has the people in sight: in the drawer of a phone, or in the column of a desk, where a drawer has closed by itself.
 * @param {WithPage} visitor
 * @param {number} width
 */
export async function showPeople({ page }, width) {
  if (width < 1024) return page.evaluate(() => document.getElementById("members").showPopover());
  return page.locator("#members:not(:popover-open)").waitFor();
}

/**
 * Writes by the page's own form.
 * @param {WithPage} visitor
 * @param {string} text
 */
export async function say({ page }, text) {
  await page.fill("#chat", text);
  await page.press("#chat", "Enter");
}

/** @type {(visitor: WithPage, text: string | RegExp) => import("playwright-core").Locator} */
export const message = ({ page }, text) =>
  page.locator("#chat-list .message", { has: page.locator(".message__text", { hasText: text }) });

/**
 * Chooses from the menu of a message.
 * @param {PageVisitor} visitor
 * @param {string} text
 * @param {string} entry
 */
export async function fromMenu(visitor, text, entry) {
  const row = message(visitor, text);
  await row.hover();
  await row.locator(".more").click();
  await visitor.page.locator("#menu").getByRole("menuitem", { name: entry }).click();
}

/**
 * Waits until a text is stored and shown.
 * @param {WithPage} visitor
 * @param {string | RegExp} text
 */
export const sees = (visitor, text) => message(visitor, text).and(visitor.page.locator("[data-seq]")).waitFor();

/**
 * All stored messages as a page shows them: place, author and text.
 * @param {WithPage} visitor
 */
export const transcript = ({ page }) =>
  page.$$eval("#chat-list .message[data-seq]", (all) =>
    all.map((one) => ({
      seq: Number(one.dataset.seq),
      visitor: one.dataset.visitor,
      text: one.querySelector(".message__text")?.textContent ?? one.querySelector("img[width]:not(.mark)").alt,
    })),
  );

/**
 * Chooses files as by the dialog of the browser.
 * @param {WithPage} visitor
 * @param {TestFile[]} files
 */
export const choose = ({ page }, ...files) =>
  page.setInputFiles(
    "#gif",
    files.map(({ name, bytes, type = "image/gif" }) => ({ name, mimeType: type, buffer: bytes })),
  );

/**
 * Pastes or drops a file onto the page.
 * @param {WithPage} visitor
 * @param {"paste" | "drop"} how
 * @param {TestFile} file
 */
export const hand = ({ page }, how, { name, bytes }) =>
  page.evaluate(
    async ([kind, called, base64]) => {
      const file = new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], called, {
        type: "image/gif",
      });
      const data = new DataTransfer();
      data.items.add(file);
      const target = document.getElementById("chat");
      /** @param {string} type */
      const fire = (type) =>
        target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      if (kind === "paste")
        target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      else for (const type of ["dragenter", "dragover", "drop"]) fire(type);
    },
    [how, name, bytes.toString("base64")],
  );

/**
 * Describes the first GIF that is chosen, and sends all of them.
 * @param {WithPage} visitor
 * @param {string} alt
 */
export const sendWith = async ({ page }, alt) => {
  await page.locator("#queue .upload__alt").first().fill(alt);
  await page.click("#send-btn");
};

/**
 * Waits until a GIF with this description is stored, loaded and has its size in the page.
 * @param {WithPage} visitor
 * @param {string} alt
 */
export async function seesGif({ page }, alt) {
  const figure = page.locator("#chat-list .message[data-seq] .gif", { has: page.getByAltText(alt, { exact: true }) });
  await figure.waitFor();
  await figure.scrollIntoViewIfNeeded();
  const image = figure.locator(".gif__frame img");
  await eventually(
    () => image.evaluate((/** @type {HTMLImageElement} */ img) => img.complete && img.naturalWidth > 0),
    `the GIF ${alt} is shown`,
  );
  const [width, height, natural] = await image.evaluate((/** @type {HTMLImageElement} */ img) => [
    img.getAttribute("width"),
    img.getAttribute("height"),
    [img.naturalWidth, img.naturalHeight],
  ]);
  assert.deepEqual([Number(width), Number(height)], natural, "its size stands in the page");
  return figure;
}

/** @type {(visitor: WithPage, id: string) => import("playwright-core").Locator} */
export const row = ({ page }, id) => page.locator(`#room-list .room[data-id="${id}"]`);

/**
 * Waits for a text that an element holds.
 * @param {import("playwright-core").Locator} locator
 * @param {string | RegExp} text
 */
export const reads = (locator, text) =>
  eventually(async () => {
    const now = (await locator.textContent()).trim();
    if (text instanceof RegExp) assert.match(now, text);
    else assert.equal(now, text);
    return true;
  }, `${locator} reads ${text}`);

/**
 * Hands requests of a page that is open to `handler`. The browser says that it intercepts them a moment before the page
through it, so that a request is made until one is intercepted.
 * @param {PageVisitor} visitor
 * @param {string | RegExp} pattern
 * @param {(route: import("playwright-core").Route) => unknown} handler
 */
export async function intercept(visitor, pattern, handler) {
  const { page } = visitor;
  const probe = /\/intercepted$/;
  await page.route(pattern, handler);
  await page.route(probe, (route) => route.fulfill({ status: 204 }));
  visitor.allow(/\/intercepted\)$/);
  await eventually(
    () => page.evaluate(async () => (await fetch("/intercepted")).status === 204),
    "requests are intercepted",
  );
}
