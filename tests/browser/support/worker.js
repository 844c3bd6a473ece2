// The service worker of a page, as a test waits for it and looks into it.
import { eventually } from "./wait.js";

/**
 * Waits until the site has its service worker, which has kept what it needs. A page that was on its way while the worker took
 * over is not in its hands, but whatever is opened next is.
 * @param {WithPage} visitor
 */
export const controlled = ({ page }) =>
  eventually(
    () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"),
    "the worker is there",
  );

/** @type {(visitor: WithPage) => Promise<string[]>} All that is cached: the paths, in the order of the alphabet. */
export const cached = ({ page }) =>
  page.evaluate(async () => {
    /** @type {string[]} */
    const paths = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
    }
    return paths.sort();
  });

/** @type {(visitor: WithPage) => Promise<(string | undefined)[]>} The databases of the site. */
export const databases = ({ page }) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).sort());

/** @type {(visitor: Pick<PageVisitor, "context">) => import("playwright-core").Worker} The worker itself, which is there. */
export const workerOf = ({ context }) => context.serviceWorkers()[0];

/**
 * Shares files with the site as a device does: a form that is posted, for the worker to take.
 * @param {WithPage} visitor
 * @param {TestFile[]} files
 */
export async function share({ page }, ...files) {
  const arrived = page.waitForEvent("load");
  await page.evaluate(
    (all) => {
      const data = new DataTransfer();
      for (const { name, base64, type } of all) {
        data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
      }
      const form = Object.assign(document.createElement("form"), {
        method: "post",
        action: "/share",
        enctype: "multipart/form-data",
      });
      const input = Object.assign(document.createElement("input"), { type: "file", name: "gif", multiple: true });
      input.files = data.files;
      form.append(input);
      document.body.append(form);
      form.submit();
    },
    files.map(({ name, bytes, type = "image/gif" }) => ({ name, base64: bytes.toString("base64"), type })),
  );
  await arrived;
}
