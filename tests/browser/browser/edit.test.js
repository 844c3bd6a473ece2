// Changing what one said: in the message box, for fifteen minutes, and shown as edited to everybody.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { gif } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { choose, enter, inside, makeRoom, message, reads, say, sees } from "../support/pages.js";
import { frames, place, reading, scrollBy, talk } from "../support/talk.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/** @param {WithPage} visitor */
const field = ({ page }) => page.locator("#chat");
/** @param {WithPage} visitor */
const strip = ({ page }) => page.locator("#strip");

/**
 * Opens the menu of a message by keyboard and chooses an entry.
 * @param {WithPage} visitor
 * @param {Locator} row
 * @param {string} entry
 */
async function choosesEntry({ page }, row, entry) {
  await row.locator(".more").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

/**
 * @param {HttpVisitor} visitor
 * @param {string} room
 * @param {string} id
 * @param {string} chat
 */
const patch = (visitor, room, id, chat) => visitor.json("PATCH", `/room/${room}/messages/${id}`, { chat });

for (const locale of ["en-US", "ko-KR"]) {
  scene(
    `who wrote a message changes it in the message box, and everybody sees that it was edited (${locale})`,
    [],
    async (stage) => {
      const says = words(locale);
      const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};
      const [ann, bea] = [
        await stage.visitor({ name: "ann", locale, ...look }),
        await stage.visitor({ name: "bea", locale }),
      ];
      await enter(bea, await makeRoom(ann));
      await say(ann, "helo there https://example.org/a");
      await say(bea, "bea's own");
      await sees(ann, "bea's own");
      await message(ann, "bea's own").locator(".more").focus();
      await ann.page.keyboard.press("Enter");
      await ann.page.getByRole("menuitem").first().waitFor();
      assert.equal(
        await ann.page.getByRole("menuitem", { name: says("edit.edit"), exact: true }).count(),
        0,
        "nobody else's",
      );
      await ann.page.keyboard.press("Escape");
      await ann.page.fill("#chat", "a draft");
      await choosesEntry(ann, message(ann, "helo there"), says("edit.edit"));
      await hasFocus(ann, field(ann), "one writes at once");
      assert.equal(await field(ann).inputValue(), "helo there https://example.org/a");
      await reads(ann.page.locator("#strip-what"), says("edit.now"));
      assert.deepEqual(await audit(ann.page), []);
      await field(ann).fill("hello there <b>https://example.org/b</b>");
      await field(ann).press("Enter");
      await strip(ann).waitFor({ state: "hidden" });
      assert.equal(await field(ann).inputValue(), "a draft", "what one wrote before comes back");
      for (const one of [ann, bea]) {
        const row = message(one, "hello there <b>");
        await row.locator(".message__edited").waitFor();
        assert.equal(await row.locator(".message__edited").textContent(), says("edit.edited"));
        assert.equal(await row.locator(".message__text a").getAttribute("href"), "https://example.org/b");
        const told = await row.locator(".message__edited").getAttribute("data-told");
        assert.ok((await row.getAttribute("aria-label")).endsWith(told), "a screen reader says when");
        assert.equal(await row.evaluate((one) => one.ariaLive), "off", "what changes is not read out as new");
        assert.equal(await one.page.locator("#rows .message").count(), 2, "it is no message of its own");
        assert.equal(await one.page.locator("#rows .system:not([hidden])", { hasText: "edit" }).count(), 0);
      }
      assert.deepEqual(await audit(ann.page), []);
      const markup = () =>
        message(bea, "hello there")
          .locator(".message__text")
          .evaluate((one) => one.outerHTML);
      const live = await markup();
      await bea.page.reload();
      await inside(bea);
      await message(bea, "hello there").locator(".message__edited").waitFor();
      await eventually(async () => assert.equal(await markup(), live) ?? true, "the server renders the same");
      const plain = await stage.visitor({ name: "plain", locale, javaScriptEnabled: false });
      await plain.page.goto(bea.page.url());
      assert.equal(await message(plain, "hello there").locator(".message__edited").textContent(), says("edit.edited"));
    },
  );
}

scene("the arrow up in an empty message box edits what one said last, and Escape gives up", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  await makeRoom(ann);
  await field(ann).press("ArrowUp");
  await say(ann, "first");
  await say(ann, "second");
  await sees(ann, "second");
  await field(ann).press("ArrowUp");
  await eventually(async () => (await field(ann).inputValue()) === "second");
  await hasFocus(ann, field(ann), "one writes");
  await field(ann).fill("not this");
  await ann.page.keyboard.press("Escape");
  await strip(ann).waitFor({ state: "hidden" });
  assert.equal(await field(ann).inputValue(), "");
  await field(ann).fill("text");
  await field(ann).press("ArrowUp");
  assert.ok(await strip(ann).isHidden(), "in a text it moves the cursor");
  await field(ann).fill("");
  await field(ann).press("ArrowUp");
  await strip(ann).waitFor();
  await field(ann).fill("third");
  await ann.page.reload();
  await inside(ann);
  assert.equal(await field(ann).inputValue(), "", "an edit is no draft");
  await sees(ann, "second");
});

scene(
  "what is said with a GIF is changed, taken away and added, with its description where there is nothing",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), new Guest(await Visitor.arrive(stage.server))];
    const says = words("en-US");
    const id = await makeRoom(ann);
    await bea.enter(id);
    await choose(ann, { name: "wave.gif", bytes: gif() });
    await ann.page.locator(".upload__alt").fill("a wave");
    await say(ann, "a caption");
    await sees(ann, "a caption");
    const row = ann.page.locator("#rows .message", { has: ann.page.locator(".gif") });
    await choosesEntry(ann, row, says("edit.edit"));
    await reads(ann.page.locator("#strip-what"), says("edit.caption"));
    await field(ann).fill("");
    await field(ann).press("Enter");
    await row.locator(".gif + .message__edited").waitFor();
    assert.equal(await row.locator(".message__text").count(), 0);
    assert.equal(await row.locator(".gif__alt").textContent(), "a wave");
    await choosesEntry(ann, row, says("edit.edit"));
    await field(ann).fill("another");
    await field(ann).press("Enter");
    await reads(row.locator(".message__text"), `another ${says("edit.edited")}`);
    assert.equal(await row.locator(".message__edited").count(), 1);
    assert.equal(await row.locator(".gif__alt").count(), 0);
    bea.end();
  },
);

scene(
  "why a message can't be changed is said where one writes, and nothing that one wrote is lost",
  [],
  async (stage) => {
    const ann = await stage.visitor({ name: "ann" });
    ann.allow(/status of 40[34]/);
    const id = await makeRoom(ann);
    await say(ann, "soon gone");
    await sees(ann, "soon gone");
    await field(ann).press("ArrowUp");
    await eventually(async () => (await field(ann).inputValue()) === "soon gone");
    await field(ann).fill("");
    await field(ann).press("Enter");
    await reads(ann.page.locator("#strip-why"), words("en-US")("field.chat_empty"));
    await field(ann).fill("too late");
    await ann.page.evaluate(
      async ([room, message]) => {
        await fetch(`/room/${room}/moderate`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ action: "delete", message }),
        });
      },
      [id, await message(ann, "soon gone").getAttribute("data-id")],
    );
    await ann.page.locator(".message__gone").waitFor();
    await field(ann).press("Enter");
    await reads(ann.page.locator("#strip-why"), words("en-US")("error.message_not_found"));
    assert.equal(await field(ann).inputValue(), "too late");
    await ann.page.locator("#strip-cancel").click();
    assert.equal(await field(ann).inputValue(), "");
    await field(ann).press("ArrowUp");
    assert.ok(await strip(ann).isHidden(), "what is deleted is not edited");
  },
);

scene(
  "what is edited above and below changes in place while one reads, and is told after a break of the line",
  [],
  async (stage) => {
    const { id, owner, more } = await talk(stage, 60);
    const {
      body: { data },
    } = await owner.json("GET", `/room/${id}/messages?limit=100`);
    /**
     * @param {string} text
     * @param {string} chat
     */
    const edit = async (text, chat) =>
      assert.equal(
        (await patch(owner, id, data.find((/** @type {Message} */ one) => one.chat === text)._id, chat)).status,
        200,
      );
    const ann = await stage.visitor({ name: "ann" });
    await enter(ann, id);
    await scrollBy(ann, -900);
    await frames(ann);
    const at = await reading(ann);
    for (const text of ["line 15", "line 58"]) {
      await edit(text, `${text} edited\nand\nmuch\nlonger`);
      await message(ann, `${text} edited`).locator(".message__edited").waitFor({ state: "attached" });
      assert.equal(await place(ann, at.id), at.foot, `${text} moves nothing`);
    }
    assert.doesNotMatch(await ann.page.locator("#pill").textContent(), /\d/, "it counts as nothing unread");
    await ann.context.setOffline(true);
    ann.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
    await edit("line 57", "line 57 while away");
    await more("news");
    await ann.context.setOffline(false);
    await message(ann, "line 57 while away").locator(".message__edited").waitFor({ state: "attached" });
    await eventually(async () => /1/.test(await ann.page.locator("#pill").textContent()), "one is new, and no more");
    owner.end();
  },
);
