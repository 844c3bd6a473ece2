// What things are called: a GIF once, a message by who wrote it and when, and icons for everybody.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { enter, makeRoom, reads, say, sees, seesGif } from "../support/pages.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { CLOCK, NAME, words } from "../support/words.js";

useChromium();

/**
 * What a screen reader comes by inside an element: `role name`, without what only repeats its parent's name.
 * @param {PageVisitor} given
 * @param {string} selector
 */
async function heard({ context, page }, selector) {
  const devtools = await context.newCDPSession(page);
  const { root } = await devtools.send("DOM.getDocument");
  const { nodeId } = await devtools.send("DOM.querySelector", { nodeId: root.nodeId, selector });
  const { nodes } = await devtools.send("Accessibility.queryAXTree", { nodeId });
  return nodes
    .filter(({ ignored, role }) => !ignored && role?.value !== "InlineTextBox")
    .map(({ role, name }) => [role?.value, name?.value ?? ""]);
}

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);

  scene(
    `a message is an article by somebody at a time, and its GIF is described once (${locale})`,
    [],
    async (stage) => {
      const owner = new Guest(await Visitor.arrive(stage.server));
      const id = await owner.makeRoom();
      await owner.enter(id);
      await owner.sendGif("a quiet sea", { width: 320, height: 240 });
      const ann = await stage.visitor({ name: "ann", locale });
      await enter(ann, id);
      await owner.sendGif("a loud sea", { width: 320, height: 240 });
      for (const alt of ["a quiet sea", "a loud sea"]) {
        const figure = await seesGif(ann, alt);
        const seq = await figure.evaluate((one) => one.closest(".message").dataset.seq);
        const all = await heard(ann, `#rows [data-seq="${seq}"]`);
        const [[role, name]] = all;
        assert.equal(role, "article");
        assert.match(name, new RegExp(`^${NAME[locale]} ${CLOCK[locale]}$`));
        // The link that holds the picture has its name of it.
        const described = all.filter(([, text]) => text.includes(alt)).map(([what]) => what);
        assert.deepEqual(described, ["link", "image"], JSON.stringify(all));
        assert.ok(all.some(([what, text]) => what === "button" && text === says("chat.gif_pause")));
      }
      owner.end();
    },
  );

  scene(`icons say what they do to whoever points at them or comes by keyboard (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    const { page } = ann;
    await makeRoom(ann);
    await say(ann, "hello");
    await sees(ann, "hello");
    const tip = page.locator(".tip");
    await page.hover("#tray-btn");
    await reads(tip, says("tray.open"));
    await page.keyboard.press("Escape");
    assert.equal(await tip.isVisible(), false, "Escape takes it away");
    await page.focus("#chat");
    await page.keyboard.press("Tab");
    await reads(tip, says("chat.send"));
    assert.ok(await tip.isVisible());
    const { x, width, y, height } = await tip.boundingBox();
    assert.ok(x >= 0 && x + width <= 1280 && y >= 0 && y + height <= 800, "it stays inside the page");
    await page.keyboard.press("Tab");
    await eventually(async () => !(await tip.isVisible()), "it goes with the focus");
  });

  scene(`the button of the theme says which one it is (${locale})`, [], async (stage) => {
    const ann = await stage.visitor({ name: "ann", locale });
    const { page } = ann;
    const button = page.locator("#theme-btn");
    /** @param {string} theme */
    const isNow = (theme) => reads(button, says("site.theme_now", { theme: says(`site.theme_${theme}`) }));
    await page.goto("/");
    await isNow("system");
    await button.click();
    await isNow("light");
    await makeRoom(ann);
    await isNow("light");
    await button.focus();
    await page.keyboard.press("Enter");
    await isNow("dark");
    await reads(page.locator("#announcer"), says("site.theme_now", { theme: says("site.theme_dark") }));
    await page.reload();
    await isNow("dark");
  });
}
