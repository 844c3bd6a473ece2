// A room with all seats taken: whether one gets in, and how who lost the seat while away comes back.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, enter, inside, makeRoom, openList, reads, row } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("a full room in which somebody is away can be entered from the list, and else says that it is full", [], async (stage) => {
  const [ann, bea, cat] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" }), await stage.visitor({ name: "cat" })];
  bea.allow(...NO_LINE);
  await openList(cat);
  const id = await makeRoom(ann, { max: 2 });
  await enter(bea, id);
  const [go, link] = [row(cat, id).locator(".room__go"), row(cat, id).locator(".join-btn")];
  await reads(go, "Full");
  assert.equal(await link.getAttribute("href"), null);
  await bea.context.setOffline(true);
  await reads(go, "Join");
  // So says the page as the server writes it, too.
  await cat.page.reload();
  await reads(go, "Join");
  // Who loads the page again keeps the seat, so that it is not to be had at once.
  await eventually(async () => {
    await enterByList(cat, id);
    return cat.page.url().endsWith(id);
  }, "the seat is to be had");
  await inside(cat);
});

async function enterByList({ page }, id) {
  if (new URL(page.url()).pathname !== "/") return;
  await row({ page }, id).locator(".join-btn").click();
  await page.waitForURL((url) => url.pathname === `/room/${id}` || url.search === "?error=room_full");
}
