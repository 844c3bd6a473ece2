// A room with all seats taken: whether one gets in, and how who lost the seat while away comes back.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { hasFocus } from "../support/focus.js";
import { NO_LINE, enter, inside, makeRoom, message, openList, reads, row, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

scene(
  "a full room in which somebody is away can be entered from the list, and else says that it is full",
  [],
  async (stage) => {
    const [ann, bea, cat] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "cat" }),
    ];
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
  },
);

/**
 * @param {WithPage} visitor
 * @param {string} id
 */
async function enterByList({ page }, id) {
  if (new URL(page.url()).pathname !== "/") return;
  await row({ page }, id).locator(".join-btn").click();
  await page.waitForURL((url) => url.pathname === `/room/${id}` || url.search === "?error=room_full");
}

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  scene(
    `who lost the seat while away is told so, waits without losing anything, and gets in when a seat is free (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [
        await stage.visitor({ name: "ann" }),
        await stage.visitor({ name: "bea", locale, viewport: { width: 390, height: 844 } }),
      ];
      bea.allow(...NO_LINE);
      const id = await makeRoom(ann, { max: 2 });
      await enter(bea, id);
      await bea.context.setOffline(true);
      for (const text of ["kept", "taken back"]) await say(bea, text);
      await bea.page.fill("#chat", "a draft");
      const [cat] = await arrive(stage.server, 1);
      await eventually(() => cat.enter(id), "the seat is to be had");
      await bea.context.setOffline(false);
      const notice = bea.page.locator("#notices .banner");
      await reads(notice.locator(".banner__says"), says("out.taken"));
      await reads(notice.locator(".banner__more"), says("out.waiting"));
      assert.equal(await notice.count(), 1);
      await hasFocus(bea, notice.getByRole("link", { name: says("site.see_rooms") }), "the way on is near");
      assert.equal(await bea.page.locator("#chat-form").evaluate((form) => form.inert), true);
      assert.equal(await bea.page.locator("#members-list").isVisible(), false, "who was here is not told");
      /** @param {string} text */
      const unsent = (text) => message(bea, text);
      await unsent("taken back")
        .getByRole("button", { name: says("chat.delete"), exact: true })
        .click();
      await unsent("taken back").waitFor({ state: "detached" });
      await cat.leave();
      await inside(bea);
      await sees(ann, "kept");
      await notice.filter({ hasText: says("talk.back") }).waitFor();
      assert.equal(await bea.page.inputValue("#chat"), "a draft");
      await bea.page.press("#chat", "Enter");
      await sees(ann, "a draft");
      assert.equal(await message(ann, "taken back").count(), 0);
      assert.equal(await bea.page.locator("#members-list .member").count(), 2);
      cat.end();
    },
  );
}
