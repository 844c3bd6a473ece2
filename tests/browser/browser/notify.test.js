// "Notify me": by the page itself, or by its service worker where a page may not.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { enter, inside, makeRoom, say, sees, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { controlled, workerOf } from "../support/worker.js";

useChromium({ whole: true });

/**
 * Chrome on Android: the constructor is there and throws.
 * @param {WithPage} visitor
 * @param {string} permission
 */
const asOnAndroid = ({ page }, permission) =>
  page.addInitScript((state) => {
    class Refused {
      static permission = state;
      static async requestPermission() {
        Refused.permission = "granted";
        return "granted";
      }
      constructor() {
        throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
      }
    }
    Object.assign(window, { Notification: Refused });
  }, permission);

/**
 * @param {WithPage} visitor
 * @param {boolean} hidden
 */
const hide = ({ page }, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

/** @param {WithPage} visitor */
const notify = ({ page }) => page.getByRole("switch", { name: "Notify me of new messages" });
/** @param {WithPage} visitor */
const shown = ({ page }) =>
  page.evaluate(async () => {
    const notes = await (await navigator.serviceWorker.ready).getNotifications();
    return notes.map(({ title, body, tag, data, icon }) => ({ title, body, tag, data, icon: new URL(icon).pathname }));
  });

/**
 * Ann talks, and Bea looks elsewhere on a device that needs the worker; her switch is on.
 * @param {Stage} stage
 */
async function phone(stage) {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  await bea.context.grantPermissions(["notifications"]);
  await asOnAndroid(bea, "default");
  const id = await makeRoom(ann, { title: "busy" });
  await enter(bea, id);
  await controlled(bea);
  await notify(bea).click();
  await eventually(async () => (await notify(bea).getAttribute("aria-checked")) === "true");
  return { ann, bea, id };
}

scene("where a page may not notify, its service worker does, and it knows nothing but the room", [], async (stage) => {
  const { ann, bea, id } = await phone(stage);
  const hers = await selfOf(ann);
  await say(ann, "in sight");
  await sees(bea, "in sight");
  await hide(bea, true);
  await say(ann, "<b>out of sight</b>");
  const room = `/room/${id}`;
  await eventually(async () => (await shown(bea)).length === 1, "it is shown");
  assert.deepEqual(await shown(bea), [
    {
      title: "busy",
      body: `${hers.called}: <b>out of sight</b>`,
      tag: room,
      data: room,
      icon: `/visitor/${hers.id}.png`,
    },
  ]);
  // The next one takes its place, and all are gone when one looks again.
  await say(ann, "and another");
  await eventually(async () => (await shown(bea)).map(({ body }) => body).join() === `${hers.called}: and another`);
  await hide(bea, false);
  await eventually(async () => (await shown(bea)).length === 0, "they are gone");
});

scene("pressing a notification brings the page of the room forward, or opens the room", [], async (stage) => {
  const { ann, bea, id } = await phone(stage);
  const elsewhere = await bea.context.newPage();
  await elsewhere.goto("/");
  await hide(bea, true);
  await say(ann, "look here");
  await eventually(async () => (await shown(bea)).length === 1, "it is shown");
  // Nobody can press one here; a browser lets nothing but that bring pages forward.
  const press = () =>
    workerOf(bea).evaluate(async () => {
      /** @type {string[]} */
      const did = [];
      WindowClient.prototype.focus = async function focus() {
        did.push(`focus ${new URL(this.url).pathname}`);
      };
      clients.openWindow = async (/** @type {string} */ path) => {
        did.push(`open ${path}`);
      };
      /** @type {unknown[]} */
      const work = [];
      ExtendableEvent.prototype.waitUntil = (/** @type {unknown} */ promise) => {
        work.push(promise);
      };
      const [notification] = await registration.getNotifications();
      dispatchEvent(new NotificationEvent("notificationclick", { notification }));
      await Promise.all(work);
      return [...did, (await registration.getNotifications()).length];
    });
  assert.deepEqual(await press(), [`focus /room/${id}`, 0]);

  await say(ann, "and again");
  await eventually(async () => (await shown(bea)).length === 1, "it is shown");
  await bea.page.close();
  assert.deepEqual(await press(), [`open /room/${id}`, 0]);
});

for (const permission of ["default", "granted"]) {
  scene(
    `the switch is offered where the page or its worker may notify, and nowhere else (${permission})`,
    [],
    async (stage) => {
      const id = await makeRoom(await stage.visitor({ name: "ann" }));
      // The room is the first page that each of them opens.
      /** @param {string} name */
      const offered = async (name, { android = false, ...options }) => {
        const visitor = await stage.visitor({ name, ...options });
        visitor.allow(/blocked by Playwright/);
        if (android) await asOnAndroid(visitor, permission);
        await enter(visitor, id);
        return visitor;
      };
      /** @param {PageVisitor} visitor */
      const isOffered = (visitor) => notify(visitor).isVisible();
      const worker = await offered("worker", { android: true });
      await eventually(() => isOffered(worker), "by the worker");
      // On the next page it is there from the beginning.
      await controlled(worker);
      await worker.page.reload();
      await inside(worker);
      assert.equal(await isOffered(worker), true);
      assert.equal(await isOffered(await offered("page", { serviceWorkers: "block" })), true, "by the page");
      const neither = await offered("neither", { android: true, serviceWorkers: "block" });
      await neither.page.waitForLoadState("networkidle");
      assert.equal(await isOffered(neither), false);
    },
  );
}
