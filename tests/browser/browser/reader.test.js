// What a screen reader makes of the page of a room: roles, names and states in Chromium's accessibility tree, and what it is
// told while something happens.
import assert from "node:assert/strict";
import { gif } from "../support/gif.js";
import { scene, useChromium } from "../support/chrome.js";
import { NO_LINE, choose, enter, inside, makeRoom, say, sees, seesGif, selfOf } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { CLOCK, words } from "../support/words.js";

useChromium();

/**
 * What the browser tells assistive technology: one line for each node that is not left out, `role "name" state`.
 * @param {PageVisitor} visitor
 * @return {Promise<Record<string, unknown>[]>}
 */
async function tree({ context, page }) {
  const devtools = await context.newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  await devtools.detach();
  return nodes
    .filter(
      ({ ignored, role }) =>
        !ignored && role && !["none", "generic", "InlineTextBox", "StaticText"].includes(role.value),
    )
    .map((node) => ({
      role: node.role?.value,
      name: node.name?.value ?? "",
      ...Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value])),
    }));
}

/**
 * Keeps what live regions say from now on, with how they say it; `heard()` gives the texts.
 * @param {WithPage} visitor
 */
async function listen({ page }) {
  await page.evaluate(() => {
    window.spoken = [];
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        const at = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
        const region = at instanceof Element && at.closest("[role=status], [role=log], [role=alert]");
        if (!region || region.getAttribute("aria-live") === "off" || region.closest("[inert], [hidden]")) continue;
        // A log tells what is added to it, a status all that it says.
        const added = region.matches("[role=log]")
          ? [...addedNodes].map((node) => node.textContent)
          : [region.textContent];
        window.spoken.push(...added.map((text) => (text ?? "").trim().replaceAll(/\s+/g, " ")).filter(Boolean));
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return (/** @type {string | RegExp} */ text) =>
    eventually(
      async () => {
        const heard = await page.evaluate(() => window.spoken);
        assert.ok(
          heard.some((one) => (text instanceof RegExp ? text.test(one) : one.includes(text))),
          `${text} was not said, but ${heard.join(" | ")}`,
        );
        return true;
      },
      "what is said",
      15_000,
    );
}

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);

  scene(
    `a screen reader finds list, field, buttons, switches, people, menus and dialogs by role and name (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea", locale })];
      const id = await makeRoom(ann, { title: "named" });
      await enter(bea, id);
      const [hers, theirs] = [await selfOf(ann), await selfOf(bea)];
      await choose(bea, { name: "a.gif", bytes: gif() });
      await bea.page.locator("#queue .upload__alt").fill("a wave");
      await bea.page.click("#send-btn");
      await seesGif(ann, "a wave");
      const { page } = ann;
      await page.locator("#members-list .more:visible").waitFor();
      /** @param {...[role: string, name: string | RegExp, states?: Record<string, unknown>]} wanted */
      const has = async (...wanted) => {
        const all = await tree(ann);
        for (const [role, name, states = {}] of wanted) {
          const found = all.filter(
            (node) =>
              node.role === role && (name instanceof RegExp ? name.test(String(node.name)) : node.name === name),
          );
          const fits = found.some((node) => Object.entries(states).every(([state, value]) => node[state] === value));
          assert.ok(
            fits,
            `${role} "${name}" ${JSON.stringify(states)} is not among ${JSON.stringify(found.length ? found : all.filter((node) => node.role === role))}`,
          );
        }
        for (const { role, name } of all)
          if (
            [
              "button",
              "link",
              "textbox",
              "switch",
              "dialog",
              "menuitem",
              "menu",
              "img",
              "combobox",
              "checkbox",
              "spinbutton",
            ].includes(String(role))
          )
            assert.notEqual(name, "", `a ${role} without a name`);
      };
      await has(
        ["heading", "named"],
        ["log", says("chat.log"), { live: "polite" }],
        ["article", new RegExp(`^${theirs.called} ${CLOCK[locale]}$`)],
        ["textbox", says("chat.message"), { multiline: true }],
        ["button", says("chat.send")],
        ["button", new RegExp(`^GIF ?: ${says("chat.pick")}$`)],
        ["button", says("tray.open"), { hasPopup: "dialog" }],
        ["switch", says("chat.motion"), { checked: "true" }],
        ["switch", says("chat.notify"), { checked: "false" }],
        ["link", says("chat.leave")],
        ["link", says("site.skip")],
        ["link", `${says("chat.gif_open")}: a wave`],
        ["button", says("chat.gif_pause")],
        ["complementary", new RegExp(`^${says("chat.members")}`)],
        ["button", `${says("chat.more")}: ${theirs.called}`, { hasPopup: "menu" }],
        ["button", new RegExp(`^${says("chat.more")}: ${theirs.called} ${CLOCK[locale]}$`), { hasPopup: "menu" }],
        ["button", says("owner.edit"), { hasPopup: "dialog" }],
        ["button", says("invite.title"), { hasPopup: "dialog" }],
      );
      assert.ok(
        (await tree(ann)).some(({ role, live }) => role === "status" && live === "polite"),
        "a place where states are told",
      );

      // The menu is a menu, its button says that it is open.
      const more = page.getByRole("button", { name: `${says("chat.more")}: ${theirs.called}`, exact: true });
      await more.click();
      await page.locator("#menu:popover-open").waitFor();
      await has(
        ["menu", `${says("chat.more")}: ${theirs.called}`],
        ["button", `${says("chat.more")}: ${theirs.called}`, { expanded: true }],
        ...[
          "whisper.whisper",
          "mute.mute",
          "moderation.handover",
          "moderation.clear",
          "moderation.kick",
          "moderation.ban",
        ].map((key) => /** @type {[string, string]} */ (["menuitem", says(key, { name: theirs.called })])),
      );
      await page.keyboard.press("Escape");

      // Every dialog is one with a name, and shuts the rest of the page off.
      /** @param {string} key */
      const choosesMore = async (key) => {
        await more.click();
        await page.getByRole("menuitem", { name: says(key), exact: true }).click();
      };
      const dialogs = [
        { name: says("tray.title"), open: () => page.click("#tray-btn") },
        { name: says("invite.title"), open: () => page.click("#invite-btn") },
        { name: says("report.list"), open: () => page.click("#reports-btn") },
        { name: says("owner.edit_title"), open: () => page.click("#edit-btn") },
        { name: says("whisper.with", { name: theirs.called }), open: () => choosesMore("whisper.whisper") },
        { name: says("moderation.ban_title", { name: theirs.called }), open: () => choosesMore("moderation.ban") },
        { name: "a wave", open: () => page.locator(".gif__open").click() },
      ];
      for (const { name, open } of dialogs) {
        await open();
        await page.getByRole("dialog", { name, exact: true }).waitFor();
        await has(["dialog", name, { modal: true }]);
        assert.equal(
          (await tree(ann)).some(({ role, name: other }) => role === "log" && other === says("chat.log")),
          false,
          `${name} shuts the rest off`,
        );
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "hidden" });
      }
      assert.ok(hers.id);
    },
  );

  scene(
    `a screen reader is told what comes, who writes, what is on its way, what was done and what was missed (${locale})`,
    [],
    async (stage) => {
      const [ann, bea] = [await stage.visitor({ name: "ann", locale }), await stage.visitor({ name: "bea", locale })];
      ann.allow(...NO_LINE);
      await ann.context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const id = await makeRoom(ann);
      await enter(bea, id);
      const theirs = await selfOf(bea);
      await ann.page.locator("#members-list .member").nth(1).waitFor();
      const told = await listen(ann);

      await bea.page.locator("#chat").pressSequentially("he");
      await told(says("talk.writes", { name: theirs.called }));
      await say(bea, "hello there");
      await told(/hello there/);
      await choose(ann, { name: "big.gif", bytes: gif({ padding: 300_000 }) });
      await ann.page.click("#send-btn");
      await told(says("talk.upload_progress", { name: "big.gif" }));
      await ann.page.locator("#rows .gif").waitFor();
      await choose(ann, { name: "not.gif", bytes: Buffer.from("no GIF") });
      await told(`not.gif: ${says("error.not_a_gif")}`);
      await ann.page.locator("#queue [data-do=cancel]").click();
      await ann.page.locator("#rows .message", { hasText: "hello there" }).hover();
      await ann.page.locator("#rows .message", { hasText: "hello there" }).locator(".more").click();
      await ann.page.getByRole("menuitem", { name: says("talk.copy"), exact: true }).click();
      await told(says("talk.copied"));

      await ann.context.setOffline(true);
      await told(new RegExp(says("talk.reconnecting")));
      await say(bea, "nobody hears this");
      await sees(bea, "nobody hears this");
      await ann.context.setOffline(false);
      await told(new RegExp(says("talk.back")));
      await told(says("talk.missed_one"));
      await told(/nobody hears this/);
      await inside(ann);
    },
  );
}
