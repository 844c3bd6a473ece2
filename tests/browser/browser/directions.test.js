// What visitors write may run from right to left, or try to turn round what stands beside it.
import assert from "node:assert/strict";
import { arrive } from "../support/company.js";
import { gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { choose, enter, makeRoom, message, openList, reads, row, say, sees, seesGif } from "../support/pages.js";

useChromium();

// Turns everything behind it round, until its line ends or something isolates it.
const TURN = "\u202e";

/**
 * Whether a text in the line behind an element runs backwards.
 * @param {Locator} locator
 */
const turnsRound = (locator) =>
  locator.evaluate((element) => {
    const line = document.createElement("div");
    const after = document.createTextNode("after");
    /** @param {number} n */
    const from = (n) => {
      const range = document.createRange();
      range.setStart(after, n);
      range.setEnd(after, n + 1);
      return range.getBoundingClientRect().left;
    };
    line.style = "position: fixed; inset: 0 auto auto 0; width: max-content; white-space: nowrap";
    const [place, old] = [document.createComment(""), element.style.cssText];
    element.replaceWith(place);
    element.style.cssText = "display: inline; position: static";
    line.append(element, after);
    (place.parentElement?.closest("dialog") ?? document.body).append(line);
    const turned = from(4) < from(0);
    element.style.cssText = old;
    place.replaceWith(element);
    line.remove();
    return turned;
  });

/**
 * Where two pieces of the text of an element stand, from the left.
 * @param {Locator} locator
 * @param {...string} pieces
 */
const lefts = (locator, ...pieces) =>
  locator.evaluate(
    (element, wanted) =>
      wanted.map((piece) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = (node.textContent ?? "").indexOf(piece);
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + piece.length);
          return range.getBoundingClientRect().left;
        }
        throw new Error(`no ${piece} in ${element.outerHTML}`);
      }),
    pieces,
  );

scene("what somebody wrote turns nothing round that stands beside it", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann, { title: `title ${TURN}cba` });
  assert.equal(await ann.page.title(), "title cba – gifchat");
  await say(ann, `look ${TURN}here https://example.com/path and on`);
  await sees(ann, "here");
  await choose(ann, { name: "a.gif", bytes: gif() });
  await ann.page.locator("#queue .upload__alt").fill(`alt ${TURN}tla`);
  await ann.page.click("#send-btn");
  await seesGif(ann, `alt ${TURN}tla`);

  await openList(bea);
  for (const part of [".room__title", ".room__name"]) {
    assert.equal(await turnsRound(row(bea, id).locator(part)), false, part);
  }
  await enter(bea, id);
  // As the server wrote them, and as a script does.
  for (const { page } of [bea, ann]) {
    for (const part of ["#room-title", ".message__text >> nth=0", ".gif__alt >> nth=0"]) {
      assert.equal(await turnsRound(page.locator(part)), false, part);
    }
    const [start, end] = await lefts(page.locator(".message__text a"), "https", "path");
    assert.ok(start < end, "an address stands as it is");
  }
  const [cat] = await arrive(stage.server, 1);
  await cat.enter(id);
  await cat.say(`not ${TURN}there`);
  await message(bea, "there").locator(".more").focus();
  await bea.page.keyboard.press("Enter");
  await bea.page.getByRole("menuitem", { name: "Report" }).press("Enter");
  await bea.page.locator("#report[open]").waitFor();
  assert.equal(await turnsRound(bea.page.locator("#report-about")), false);
  cat.end();
});

scene("what runs from right to left begins at the right", [], async (stage) => {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann, { title: "שלום (1)!" });
  await say(ann, "מה נשמע?");
  await sees(ann, "מה נשמע?");
  await openList(bea);
  /**
   * @param {Locator} locator
   * @param {string} first
   * @param {string} last
   */
  const mark = async (locator, first, last) => {
    const [start, end] = await lefts(locator, first, last);
    assert.ok(end < start, `${last} stands at the left end, where the text ends`);
  };
  await mark(row(bea, id).locator(".room__title"), "ש", "!");
  await enter(bea, id);
  for (const { page } of [ann, bea]) {
    await mark(page.locator("#room-title"), "ש", "!");
    await mark(page.locator(".message__text").first(), "מ", "?");
  }
  // What is written next stands as always.
  await say(bea, "fine, thanks!");
  await sees(bea, "fine, thanks!");
  const [start, end] = await lefts(message(bea, "fine").locator(".message__text"), "f", "!");
  assert.ok(start < end);
});

scene("a title that shows nothing is refused in words", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann" });
  ann.allow(/status of 422/);
  await ann.page.goto("/room");
  await ann.page.fill("#room-form [name=title]", "\u200b\u2800\u3164");
  await ann.page.click("#room-form [type=submit]");
  await reads(ann.page.locator("#title-error"), /needs at least one visible character/);
});
