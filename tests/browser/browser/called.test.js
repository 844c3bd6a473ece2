// What people are called: two words that one can say, the same on every page, and a code where two may have one name.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { Guest } from "../support/company.js";
import {
  choose,
  enter,
  inside,
  makeRoom,
  message,
  namesOf,
  openList,
  reads,
  row,
  say,
  sees,
  seesGif,
  selfOf,
} from "../support/pages.js";
import { gif } from "../support/gif.js";
import { Visitor } from "../support/visitor.js";
import { eventually } from "../support/wait.js";
import { CLOCK, NAME, words } from "../support/words.js";

useChromium();

const CODE = /#[0-9a-f]{6}\b/;
/**
 * @param {WithPage} visitor
 * @param {{ id: string }} member
 */
const memberOf = ({ page }, { id }) => page.locator(`#members-list [data-id="${id}"]`);

/**
 * All that the page says, to eyes and to screen readers, but for tooltips and the list of people; also what is folded away.
 * @param {WithPage} visitor
 */
const said = ({ page }) =>
  page.evaluate(() => {
    const all = [...document.body.querySelectorAll("*")].filter(
      (one) => !one.matches("#members-list *, script, style, template"),
    );
    return all
      .flatMap((one) => [
        ...[...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim()),
        ...["aria-label", "alt", "placeholder"].map((name) => one.getAttribute(name) ?? ""),
      ])
      .filter(Boolean);
  });

scene(
  "somebody has one name everywhere, also after a reload, and in the other language the same in its words",
  [],
  async (stage) => {
    const [ann, bea] = [
      await stage.visitor({ name: "ann", locale: "en-US" }),
      await stage.visitor({ name: "bea", locale: "ko-KR" }),
    ];
    const id = await makeRoom(ann, { title: "named" });
    await enter(bea, id);
    await say(bea, "hello");
    await sees(ann, "hello");
    const [hers, names] = [await selfOf(bea), await namesOf(bea)];
    assert.match(names.en, new RegExp(`^${NAME["en-US"]}$`));
    assert.match(names.ko, new RegExp(`^${NAME["ko-KR"]}$`));
    assert.equal(hers.called, names.ko);
    /**
     * @param {PageVisitor} one
     * @param {string} name
     */
    const shows = async (one, name) => {
      await reads(memberOf(one, hers).locator(".name"), name);
      for (const shown of [
        message(one, "hello").locator(".name"),
        one.page.locator(`#rows .system[data-visitor="${hers.id}"] .name`),
      ]) {
        await reads(shown, name);
        assert.equal(await shown.getAttribute("title"), hers.color, "the code is the tooltip");
      }
    };
    for (let times = 0; times < 2; times += 1) {
      await shows(ann, names.en);
      await shows(bea, names.ko);
      for (const one of [ann, bea]) {
        await one.page.reload();
        await inside(one);
      }
    }
    // Bea reads English from now on.
    await bea.page.locator(".members__settings").getByRole("link", { name: "English" }).click();
    await eventually(async () => (await bea.page.getAttribute("html", "lang")) === "en", "the page is English");
    await inside(bea);
    await shows(bea, names.en);
    // Each comes with a name; the page knows no list of them.
    const scripts = await bea.page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .filter((name) => name.endsWith(".js")),
    );
    for (const url of scripts) assert.doesNotMatch(await (await fetch(url)).text(), /Quokka|쿼카/, url);
  },
);

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);

  scene(
    `no code stands where one reads or hears a name, and where two may have one name it stands beside it (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea", locale })];
      const room = await makeRoom(ann, { title: "named" });
      await enter(bea, room);
      const guest = new Guest(await Visitor.arrive(stage.server));
      await guest.enter(room);
      const [hers, theirs] = [await selfOf(ann), await selfOf(bea)];
      await say(bea, "hello");
      await choose(bea, { name: "a.gif", bytes: gif() });
      await bea.page.locator("#queue .upload__alt").fill("a wave");
      await bea.page.click("#send-btn");
      await seesGif(ann, "a wave");
      await bea.page.locator("#chat").pressSequentially("I am");
      await reads(ann.page.locator(".typing__who"), says("talk.writes", { name: theirs.called }));
      assert.match(
        await message(ann, "hello").getAttribute("aria-label"),
        new RegExp(`^${theirs.called} ${CLOCK[locale]}$`),
      );

      // Of two with one name the list of people, the menu and the whisper say who is who.
      const member = memberOf(ann, theirs);
      assert.match(await member.innerText(), new RegExp(`^${theirs.called}\\s+${theirs.color}`));
      await member.locator(".more").click();
      await reads(ann.page.locator("#menu:popover-open .menu__who"), `${theirs.called} ${theirs.color}`);
      await ann.page.getByRole("menuitem", { name: says("whisper.whisper") }).click();
      const dialog = ann.page.getByRole("dialog", { name: says("whisper.with", { name: theirs.called }), exact: true });
      await dialog.getByRole("textbox").fill("psst");
      await dialog.getByRole("textbox").press("Enter");
      await reads(dialog.locator("#whisper-code"), theirs.color);
      await reads(bea.page.locator("#announcer"), says("whisper.came", { name: hers.called }));
      await reads(bea.page.locator("#whispers-news span"), says("whisper.unread_one", { name: hers.called }));
      await reads(bea.page.locator("#whispers-list .name"), hers.called);
      await ann.page.keyboard.press("Escape");

      // Who was sent out is named, too, in what one is asked, in the toast, and in the list of bans.
      await member.locator(".more").click();
      await ann.page.getByRole("menuitem", { name: says("moderation.clear", { name: theirs.called }) }).click();
      await reads(ann.page.locator("#deed-title"), says("moderation.clear_title", { name: theirs.called }));
      await ann.page.click("#deed-do");
      await reads(
        ann.page.locator("#toasts .banner__says").last(),
        says("moderation.clear_done", { name: theirs.called }),
      );
      guest.end();
      for (const one of [ann, bea]) {
        const coded = (await said(one)).filter((text) => CODE.test(text) && text !== theirs.color);
        assert.deepEqual(coded, [], "no code but those of the menu and the whisper");
      }
      const list = { page: await bea.context.newPage() };
      await openList(list);
      assert.equal(
        await row(list, room).locator(".room__mark").getAttribute("alt"),
        says("rooms.owner", { name: hers.called }),
      );
      assert.deepEqual(
        (await said(list)).filter((text) => CODE.test(text)),
        [],
      );
    },
  );

  scene(
    `the longest name stands in one line in the list of people, beside what else stands there (${locale})`,
    [],
    async (stage) => {
      const long = locale === "ko-KR" ? "에메랄드 비눗방울" : "Turquoise Macaron";
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), new Guest(await Visitor.arrive(stage.server))];
      await bea.enter(await makeRoom(ann));
      const rows = ann.page.locator("#members-list .member");
      await eventually(async () => (await rows.count()) === 2);
      await rows.last().locator(".more:visible").waitFor();
      const before = await rows.evaluateAll((all) => all.map((one) => one.offsetHeight));
      await bea.socket.emit("typing");
      await rows.last().locator(".member__note:visible").waitFor();
      await ann.page.$$eval(
        "#members-list .name",
        (all, name) => {
          for (const one of all) one.textContent = name;
        },
        long,
      );
      assert.deepEqual(await rows.evaluateAll((all) => all.map((one) => one.offsetHeight)), before, "no row grows");
      bea.end();
    },
  );
}
