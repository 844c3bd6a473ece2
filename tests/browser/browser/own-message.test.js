// What one wrote oneself, and may take back.
import assert from "node:assert/strict";
import { ball, gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, inside, makeRoom, message, reads, say, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

const WORDS = {
  "en-US": {
    entry: "Delete message",
    asks: "Delete this message?",
    done: "Message deleted.",
    gone: "This message was deleted.",
  },
  "ko-KR": {
    entry: "메시지 삭제",
    asks: "이 메시지를 삭제할까요?",
    done: "메시지를 삭제했어요.",
    gone: "삭제된 메시지예요.",
  },
};

for (const [locale, words] of Object.entries(WORDS)) {
  const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};
  scene(`who wrote a message deletes it for everyone, and nobody else's (${locale})`, [], async (stage) => {
    const [ann, bea] = [
      await stage.visitor({ name: "ann", locale }),
      await stage.visitor({ name: "bea", locale, ...look }),
    ];
    await enter(bea, await makeRoom(ann));
    await say(ann, "the owner's");
    await say(bea, "a slip of the pen");
    await sees(bea, "the owner's");
    await sees(bea, "a slip of the pen");
    /** @param {Locator} row */
    const open = async (row) => {
      await row.locator(".more").focus();
      await bea.page.keyboard.press("Enter");
      await bea.page.locator("#menu").waitFor();
    };
    await open(message(bea, "the owner's"));
    assert.equal(await bea.page.getByRole("menuitem", { name: words.entry }).count(), 0);
    await bea.page.keyboard.press("Escape");
    await open(message(bea, "a slip of the pen"));
    await bea.page.getByRole("menuitem", { name: words.entry }).click();
    await reads(bea.page.locator("#own-dialog[open] #own-title"), words.asks);
    await bea.page.keyboard.press("Escape");
    await sees(ann, "a slip of the pen");
    await open(message(bea, "a slip of the pen"));
    await bea.page.getByRole("menuitem", { name: words.entry }).click();
    await bea.page.locator("#own-do").click();
    await bea.page.locator("#own-dialog").waitFor({ state: "hidden" });
    await bea.page.getByText(words.done).first().waitFor();
    for (const one of [ann, bea]) {
      await reads(one.page.locator(".message__gone"), words.gone);
      await eventually(async () => (await message(one, "a slip of the pen").count()) === 0, "nothing of it is left");
    }
    await choose(bea, { name: "wave.gif", bytes: gif({ paint: ball }) });
    await say(bea, "with words");
    await message(bea, "with words").and(bea.page.locator("[data-seq]")).waitFor();
    await open(message(bea, "with words"));
    await bea.page.getByRole("menuitem", { name: words.entry }).click();
    await bea.page.locator("#own-do").click();
    await eventually(async () => (await ann.page.locator(".message__gone").count()) === 2);
    assert.equal(await ann.page.locator("#rows .gif").count(), 0);
    await bea.page.reload();
    await inside(bea);
    assert.equal(await bea.page.locator(".message__gone").count(), 2);
  });
}
