// Answering a message: a quote of it stands over the answer, says what it says now, and leads to it.
import assert from "node:assert/strict";
import { audit } from "../support/axe.js";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import { gif } from "../support/gif.js";
import { hasFocus } from "../support/focus.js";
import { choose, enter, inside, message, reads, say, sees, seesGif } from "../support/pages.js";
import { texts } from "../support/talk.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { words } from "../support/words.js";

useChromium();

/** @param {WithPage} visitor */
const strip = ({ page }) => page.locator("#strip");
/**
 * @param {PageVisitor} visitor
 * @param {string} text
 */
const quote = (visitor, text) => message(visitor, text).locator(".quote");

/**
 * Bea in a room of her own, and Ann's page of it.
 * @param {Stage} stage
 * @param {VisitorOptions} options
 */
async function room(stage, { locale = "en-US", ...look } = {}) {
  const bea = new Guest(await Visitor.arrive(stage.server));
  const id = await bea.makeRoom({ title: "answers" });
  await bea.enter(id);
  const ann = await stage.visitor({ name: "ann", locale, ...look });
  return { ann, bea, id, says: words(locale) };
}

/**
 * Chooses an entry of the menu of a message.
 * @param {WithPage} visitor
 * @param {Locator} row
 * @param {string} entry
 */
async function choosesEntry({ page }, row, entry) {
  await row.locator(".more").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

for (const locale of ["en-US", "ko-KR"]) {
  scene(
    `a text answers a message, a quote stands over it, and everybody sees it, also without scripts (${locale})`,
    [],
    async (stage) => {
      const look = locale === "ko-KR" ? { viewport: { width: 390, height: 844 }, colorScheme: "dark" } : {};
      const { ann, bea, id, says } = await room(stage, { locale, ...look });
      const asked = await bea.say(
        "where\n<b>shall</b> we meet? By the sea with all the boats, or in town where there is shade?",
      );
      await enter(ann, id);
      const name = asked.name[locale === "ko-KR" ? "ko" : "en"];
      const row = message(ann, "we meet?");
      await row.locator(".more").focus();
      await ann.page.keyboard.press("Enter");
      const first = ann.page.getByRole("menuitem").first();
      await reads(first, says("reply.reply"));
      await first.click();
      await hasFocus(ann, ann.page.locator("#chat"), "one writes at once");
      await reads(ann.page.locator("#strip-what"), says("reply.to", { name }));
      await reads(ann.page.locator("#strip-about"), String(asked.chat));
      assert.deepEqual(await audit(ann.page), []);
      await ann.page.keyboard.press("Escape");
      await strip(ann).waitFor({ state: "hidden" });
      await choosesEntry(ann, row, says("reply.reply"));
      await say(ann, "at the harbour");
      await strip(ann).waitFor({ state: "hidden" });
      await sees(ann, "at the harbour");
      const other = await stage.visitor({ name: "other", locale });
      await enter(other, id);
      await bea.say("fine", asked._id);
      for (const one of [ann, other])
        for (const text of ["at the harbour", "fine"]) {
          await sees(one, text);
          await reads(quote(one, text).locator(".name"), name);
          await reads(quote(one, text).locator(".quote__text"), String(asked.chat));
          assert.equal(await quote(one, text).count(), 1);
          const [line, list] = [
            await quote(one, text).boundingBox(),
            await one.page.locator("#chat-list").boundingBox(),
          ];
          assert.ok(line.x + line.width < list.x + list.width && line.height < 60, "it is one line that fits");
        }
      assert.deepEqual(await audit(ann.page), []);
      /** @param {string} text */
      const markup = (text) => quote(other, text).evaluate((one) => one.outerHTML.replace(/ tabindex="-1"/, ""));
      const live = await markup("fine");
      await eventually(
        async () => assert.equal(await markup("at the harbour"), live) ?? true,
        "the server renders the same",
      );
      const plain = await stage.visitor({ name: "plain", locale, javaScriptEnabled: false });
      await plain.page.goto(ann.page.url());
      await quote(plain, "fine").click();
      await plain.page.waitForURL(/before=/);
      await message(plain, "we meet?").waitFor();
      await say(ann, "and nothing more");
      await sees(ann, "and nothing more");
      assert.equal(await quote(ann, "and nothing more").count(), 0);
    },
  );
}

scene("a GIF from a file and a GIF from the tray answer, and a GIF is quoted by its still", [], async (stage) => {
  const { ann, bea, id, says } = await room(stage);
  await bea.sendGif("a sea", { width: 200, height: 150 });
  await enter(ann, id);
  await seesGif(ann, "a sea");
  const row = ann.page.locator("#rows .message", { has: ann.page.getByAltText("a sea", { exact: true }) }).first();
  const still = `/gif/${await row.locator(".gif").getAttribute("data-name")}/still`;
  await choosesEntry(ann, row, says("reply.reply"));
  await strip(ann).waitFor();
  assert.equal(await strip(ann).locator(".quote__still").getAttribute("src"), still);
  await choose(ann, { name: "wave.gif", bytes: gif() });
  await ann.page.locator("#queue .upload").waitFor();
  await say(ann, "my wave");
  await sees(ann, "my wave");
  await strip(ann).waitFor({ state: "hidden" });
  await choosesEntry(ann, message(ann, "my wave"), says("reply.reply"));
  await ann.page.locator("#tray-btn").click();
  const again = ann.page
    .locator("#tray")
    .getByRole("button")
    .filter({ has: ann.page.locator("img") })
    .last();
  await again.click();
  await again.click();
  const last = ann.page.locator("#rows .message[data-seq]").nth(2);
  await reads(last.locator(".quote__text"), "my wave");
  assert.equal(await quote(ann, "my wave").locator(".quote__still").getAttribute("src"), still);
  await reads(quote(ann, "my wave").locator(".quote__text"), says("talk.sent_gif", { alt: "a sea" }));
  await ann.page.reload();
  await inside(ann);
  await reads(quote(ann, "my wave").locator(".quote__text"), says("talk.sent_gif", { alt: "a sea" }));
  bea.end();
});

scene("a quote says what its original says now: edited, deleted, of somebody muted", [], async (stage) => {
  const { ann, bea, id, says } = await room(stage);
  const [one, two, three] = [await bea.say("first words"), await bea.say("second words"), await bea.say("third words")];
  await enter(ann, id);
  for (const { _id, chat } of [one, two, three]) await bea.say(`to ${chat}`, _id);
  await sees(ann, "to third words");
  await bea.rewrite(one._id, "other words");
  await reads(quote(ann, "to first").locator(".quote__text"), "other words");
  await bea.moderate("delete", { message: two._id });
  await reads(quote(ann, "to second").locator(".quote__text"), says("reply.gone"));
  await bea.rewrite(three._id, "x".repeat(200));
  await reads(quote(ann, "to third").locator(".quote__text"), `${"x".repeat(139)}…`);
  await ann.page.reload();
  await inside(ann);
  await reads(quote(ann, "to second").locator(".quote__text"), says("reply.gone"));
  await reads(quote(ann, "to first").locator(".quote__text"), "other words");
  const eve = new Guest(await Visitor.arrive(stage.server));
  await eve.enter(id);
  await eve.say("eve quotes bea", one._id);
  await sees(ann, "eve quotes bea");
  await choosesEntry(ann, message(ann, "to first words"), says("mute.mute"));
  await reads(quote(ann, "eve quotes bea").locator(".quote__text"), says("mute.line"));
  await ann.page.locator(".message__muted button").first().click();
  await reads(quote(ann, "eve quotes bea").locator(".quote__text"), "other words");
  for (const guest of [bea, eve]) guest.end();
});

scene("a quote leads to its original, also by keyboard and to where the page has never been", [], async (stage) => {
  const { ann, bea, id } = await room(stage);
  const first = await bea.say("the very first");
  for (let n = 1; n <= 130; n += 1) await bea.say(`line ${n}`);
  await bea.say("what about it", first._id);
  await enter(ann, id);
  await sees(ann, "what about it");
  assert.equal((await texts(ann)).includes("the very first"), false, "it is not in the page");
  await ann.page.locator("#chat-list").focus();
  await eventually(async () => {
    await ann.page.keyboard.press("ArrowDown");
    return message(ann, "what about it").evaluate((row) => row === document.activeElement);
  });
  await ann.page.keyboard.press("ArrowRight");
  await hasFocus(ann, quote(ann, "what about it"), "the quote is a part of the message");
  await ann.page.keyboard.press("Enter");
  const row = message(ann, "the very first");
  await hasFocus(ann, row, "the original has the focus");
  assert.ok(await row.evaluate((one) => one.classList.contains("message--found")), "and is marked");
  await eventually(
    async () => !(await row.evaluate((one) => one.classList.contains("message--found"))),
    "for a moment",
  );
  const box = await row.boundingBox();
  assert.ok(box.y > 0 && box.y < 800, "one sees it");
  await bea.say("meanwhile");
  await ann.page.locator("#pill").click();
  await sees(ann, "meanwhile");
  bea.end();
});

scene("what is answered outlives a reload, in what is written and in what waits to be sent", [], async (stage) => {
  const { ann, bea, id, says } = await room(stage);
  ann.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  await bea.say("a question");
  await enter(ann, id);
  await choosesEntry(ann, message(ann, "a question"), says("reply.reply"));
  await strip(ann).waitFor();
  await ann.page.fill("#chat", "half an answer");
  await ann.page.reload();
  await inside(ann);
  await reads(ann.page.locator("#strip-about"), "a question");
  await ann.context.setOffline(true);
  await say(ann, "a whole answer");
  await reads(quote(ann, "a whole answer").locator(".quote__text"), "a question");
  await ann.context.setOffline(false);
  await sees(ann, "a whole answer");
  assert.equal((await bea.visitor.json("GET", `/room/${id}/messages`)).body.data.at(-1).reply.chat, "a question");
  bea.end();
});
