// Who comes, goes and stays: lines in the history, a room whose owner is gone, and what is kept out for good.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { arrive } from "../support/company.js";
import { gif } from "../support/gif.js";
import {
  choose,
  enter,
  inside,
  makeRoom,
  message,
  namesOf,
  reads,
  say,
  sees,
  seesGif,
  selfOf,
} from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/** @param {WithPage} visitor */
const lines = ({ page }) =>
  page.$$eval("#rows .system:not([hidden])", (all) =>
    all.map((line) => [line.dataset.line, line.dataset.visitor, Number(line.dataset.seq)]),
  );

scene(
  "coming and going is part of the history, and neither a reload nor a short break is told",
  ["--seat-grace", "2500ms"],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea", locale: "ko-KR" })];
    bea.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
    const id = await makeRoom(ann);
    await enter(bea, id);
    const [hers, theirs] = [await selfOf(ann), await selfOf(bea)];
    const { en, ko } = await namesOf(bea);
    const came = [
      ["joined", hers.id, 1],
      ["joined", theirs.id, 2],
    ];
    await bea.page.reload();
    await inside(bea);
    await bea.context.setOffline(true);
    await bea.context.setOffline(false);
    await say(bea, "never away");
    await sees(ann, "never away");
    assert.deepEqual(await lines(ann), came);

    const start = Date.now();
    await bea.page.close();
    await eventually(async () => (await lines(ann)).length === 3);
    assert.ok(Date.now() - start >= 2_400, "a seat waits before it is given up");
    await reads(ann.page.locator("#rows .system > span").last(), `${en} left.`);
    // Who comes later reads the same, in the same places.
    const cat = await stage.visitor({ name: "cat", locale: "ko-KR" });
    await enter(cat, id);
    await reads(cat.page.locator("#rows [data-line=left] > span"), `${ko}님이 퇴장했어요.`);
    const third = (await selfOf(cat)).id;
    for (const one of [ann, cat])
      await eventually(async () => {
        assert.deepEqual(await lines(one), [...came, ["left", theirs.id, 4], ["joined", third, 5]]);
        return true;
      }, "the lines are in the history");
  },
);

scene(
  "when the owner is gone for good, who is there longest owns the room, and everybody is told",
  ["--seat-grace", "300ms", "--owner-grace", "1s"],
  async (stage) => {
    const [ann, bea, cat] = [
      await stage.visitor({ name: "ann" }),
      await stage.visitor({ name: "bea" }),
      await stage.visitor({ name: "cat", locale: "ko-KR" }),
    ];
    const id = await makeRoom(ann);
    await enter(bea, id);
    await enter(cat, id);
    const [{ id: heir }, { en, ko }] = [await selfOf(bea), await namesOf(bea)];
    // A short break of the owner changes nothing.
    await ann.page.reload();
    await inside(ann);
    assert.equal(await bea.page.locator("#edit-btn").isVisible(), false);
    await ann.page.close();
    await bea.page.locator("#edit-btn").waitFor();
    await reads(bea.page.locator("#rows .system > span").last(), `${en} is now the owner.`);
    await reads(cat.page.locator("#rows .system > span").last(), `이제 ${ko}님이 방장이에요.`);
    await reads(cat.page.locator("#room-owner"), ko);
    await eventually(
      async () =>
        (await cat.page.locator(`#members-list [data-id="${heir}"] .member__owner`).getAttribute("hidden")) === null,
    );
    assert.equal(await cat.page.locator("#edit-btn").isVisible(), false, "there is one owner");
    await bea.page.click("#edit-btn");
    await bea.page.fill("#edit-form [name=title]", "mine now");
    await bea.page.press("#edit-form [name=title]", "Enter");
    await reads(cat.page.locator("#room-title"), "mine now");
  },
);

scene(
  "who is banned stays out with a new cookie from the same address, and nobody else does",
  ["--trusted-proxies", "127.0.0.1"],
  async (stage) => {
    /** @param {string} address */
    const from = (address) => ({ extraHTTPHeaders: { "x-forwarded-for": address } });
    const ann = await stage.visitor({ name: "ann", ...from("203.0.113.1") });
    const eve = await stage.visitor({ name: "eve", ...from("203.0.113.66") });
    eve.allow(/status of 403/);
    const id = await makeRoom(ann);
    await enter(eve, id);
    const { id: hers } = await selfOf(eve);
    await ann.page.locator(`#members-list [data-id="${hers}"] .more`).click();
    await ann.page.getByRole("menuitem", { name: "Ban", exact: true }).click();
    await ann.page.click("#deed-do");
    await reads(eve.page.locator(".banner__says"), "The owner banned you from this room.");
    await eve.context.clearCookies();
    await eve.page.goto(`/room/${id}`);
    await reads(eve.page.locator(".error-message"), "The owner banned you from this room.");
    assert.notEqual(await eve.page.evaluate(() => document.body.dataset.me), hers);
    const bea = await stage.visitor({ name: "bea", ...from("203.0.113.67") });
    await enter(bea, id);
  },
);

scene(
  "a GIF that was reported and deleted as abuse cannot be sent here again, and nobody but the owner decides that",
  [],
  async (stage) => {
    const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea", locale: "ko-KR" })];
    bea.allow(/status of 403/);
    const id = await makeRoom(ann);
    await enter(bea, id);
    const [cat] = await arrive(stage.server, 1);
    await cat.enter(id);
    const bad = { name: "bad.gif", bytes: gif({ width: 64, height: 40 }) };
    await cat.visitor.sendGif(id, { bytes: bad.bytes, alt: "bad" });
    await seesGif(bea, "bad");
    const about = await bea.page.locator("#rows .message", { has: bea.page.locator(".gif") }).getAttribute("data-id");
    /**
     * @param {string} method
     * @param {string} path
     * @param {object} [data]
     */
    const ask = (method, path, data) =>
      bea.page.request.fetch(`/room/${id}${path}`, {
        method,
        data,
        headers: { accept: "application/json", origin: stage.server.url },
      });
    const report = await (await ask("POST", "/reports", { message: about, reason: "" })).json();
    // Over every way in, Bea is told that she is not the owner.
    for (const [method, path, data] of /** @type {[string, string, object?][]} */ ([
      ["PATCH", "", { title: "mine" }],
      ["DELETE", ""],
      ["GET", "/reports"],
      ["GET", "/bans"],
      ["POST", "/invite", {}],
      ["DELETE", "/invite"],
      ["DELETE", `/reports/${report._id}`],
      ["POST", `/reports/${report._id}/delete`, {}],
      ["POST", "/moderate", { action: "delete", message: about }],
      ["POST", "/moderate", { action: "kick", visitor: (await selfOf(ann)).id }],
    ])) {
      const answer = await ask(method, path, data);
      assert.deepEqual([answer.status(), (await answer.json()).code], [403, "not_the_owner"], `${method} ${path}`);
    }
    await ann.page.click("#reports-btn");
    await ann.page.locator("#reports").getByRole("button", { name: "Delete message", exact: true }).click();
    await bea.page.locator("#rows .message__gone").waitFor();

    await choose(bea, bad);
    await bea.page.click("#send-btn");
    await reads(bea.page.locator("#queue .upload__why"), "이 방에서 차단된 GIF예요.");
    await choose(bea, { name: "good.gif", bytes: gif({ width: 80, height: 40 }) });
    await bea.page.locator("#queue .upload__alt:visible").last().fill("good");
    await bea.page.click("#send-btn");
    await seesGif(ann, "good");
    await bea.page.click("#tray-btn");
    await eventually(
      async () => (await bea.page.locator("#tray-list button").count()) === 1,
      "the tray does not offer it either",
    );
    assert.equal(await message(ann, "bad").count(), 0);
    cat.end();
  },
);
