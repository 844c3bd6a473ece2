// Lines that break, and messages that are refused.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import {
  NO_LINE,
  choose,
  enter,
  makeRoom,
  message,
  reads,
  row,
  say,
  sees,
  seesGif,
  transcript,
} from "../support/pages.js";
import { gif } from "../support/gif.js";
import { Visitor, ask } from "../support/visitor.js";
import { pair } from "../support/two.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("what is written offline waits and is sent once when the network is back", [], async (stage) => {
  const { ann, bea } = await pair(stage);
  await say(ann, "before");
  await sees(bea, "before");
  await ann.context.setOffline(true);
  for (const text of ["first in the tunnel", "second in the tunnel"]) await say(ann, text);
  for (const text of ["first in the tunnel", "second in the tunnel"]) {
    const waiting = message(ann, text);
    await waiting.waitFor();
    assert.equal(await waiting.getAttribute("data-state"), "pending");
    assert.equal(await waiting.getAttribute("data-seq"), null);
  }
  await ann.page.locator("#notices .banner--warn").waitFor();
  assert.equal(await message(bea, "tunnel").count(), 0);
  await say(bea, "meanwhile");
  await sees(bea, "meanwhile");

  await ann.context.setOffline(false);
  for (const one of [ann, bea]) {
    await sees(one, "second in the tunnel");
    await sees(one, "meanwhile");
  }
  await ann.page.locator("#notices .banner--warn").waitFor({ state: "detached" });
  assert.deepEqual(
    (await transcript(ann)).map(({ text }) => text),
    ["before", "meanwhile", "first in the tunnel", "second in the tunnel"],
  );
  assert.deepEqual(await transcript(bea), await transcript(ann));
  assert.equal(await message(ann, "second in the tunnel").getAttribute("data-state"), "sent");
  assert.equal(await ann.page.locator("#chat-list [data-nonce]").count(), 0);
});

scene("what waits to be sent outlives a reload of the page", [], async (stage) => {
  const { ann, bea } = await pair(stage);
  await stage.server.stop();
  await say(ann, "written before the reload");
  await ann.page.fill("#chat", "half a sen");
  await eventually(
    async () => (await message(ann, "written before the reload").getAttribute("data-state")) === "pending",
  );
  await stage.server.start();
  await ann.page.reload();
  await sees(bea, "written before the reload");
  await sees(ann, "written before the reload");
  assert.equal(await ann.page.inputValue("#chat"), "half a sen");
  assert.equal((await transcript(bea)).length, 1);
});

scene("a message that is refused says why, can be sent again and can be deleted", [], async (stage) => {
  const { ann, bea, id } = await pair(stage);
  let refuse = true;
  await ann.page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    line.onMessage((frame) => {
      const ack = /^42\/chat,(\d+)\["chat",.*unlucky/.exec(String(frame))?.[1];
      if (ack && refuse) line.send(`43/chat,${ack}[{"ok":false,"code":"rate_limited","message":"Too fast."}]`);
      else server.send(frame);
    });
  });
  await enter(ann, id);

  await say(ann, "an unlucky message");
  const failed = message(ann, "an unlucky message");
  await eventually(async () => (await failed.getAttribute("data-state")) === "failed");
  await reads(failed.locator(".message__why"), "Too fast.");
  assert.equal(await failed.locator("[data-do=retry]").innerText(), "Try again");
  await say(ann, "a lucky one passes it");
  await sees(bea, "a lucky one passes it");
  refuse = false;
  await failed.locator("[data-do=retry]").click();
  await sees(ann, "an unlucky message");
  await sees(bea, "an unlucky message");
  assert.equal(await failed.getAttribute("data-state"), "sent");
  assert.equal(await failed.locator("[data-do]").count(), 0);

  // The server itself refuses a control character.
  await say(ann, "a bell \u0007 rings");
  const bell = ann.page.locator("#chat-list [data-state=failed]");
  await bell.waitFor();
  assert.notEqual((await bell.locator(".message__why").textContent()).trim(), "");
  await bell.getByRole("button", { name: "Discard" }).click();
  await bell.waitFor({ state: "detached" });
  await say(ann, "the end");
  await sees(bea, "the end");
  const texts = ["a lucky one passes it", "an unlucky message", "the end"];
  for (const one of [ann, bea])
    assert.deepEqual(
      (await transcript(one)).map(({ text }) => text),
      texts,
    );
});

scene("where WebSocket is blocked the page says so and asks for what is new", [], async (stage) => {
  const { ann, bea, id } = await pair(stage);
  await bea.page.routeWebSocket(/socket\.io/, (line) => line.close());
  await bea.page.goto(`/room/${id}`);
  await bea.page.locator("#notices .banner--warn", { hasText: "blocked" }).waitFor();
  await say(ann, "can you hear me?");
  await sees(bea, "can you hear me?");
  await choose(ann, { name: "wave.gif", bytes: gif() });
  await ann.page.locator("#queue .upload__alt").fill("a wave");
  await ann.page.click("#send-btn");
  await seesGif(bea, "a wave");
  const id2 = await makeRoom(ann, { title: "second" });
  await bea.page.goto("/");
  await row(bea, id2).waitFor();
});

scene(
  "a connection that is gone for more than 3 s is shown, and so is that it is back, with what was missed",
  [],
  async (stage) => {
    const { ann, bea } = await pair(stage);
    const cat = await stage.visitor({
      name: "cat",
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    cat.allow(...NO_LINE);
    await enter(cat, new URL(ann.page.url()).pathname.replace("/room/", ""));
    await say(ann, "before");
    for (const one of [bea, cat]) await sees(one, "before");

    // A moment is not worth a word.
    await bea.context.setOffline(true);
    await bea.page
      .locator("#notices .banner--warn")
      .waitFor({ timeout: 2_000 })
      .then(
        () => assert.fail("too early"),
        () => {},
      );
    await bea.context.setOffline(false);
    await say(ann, "short break");
    await sees(bea, "short break");

    await cat.context.setOffline(true);
    const start = Date.now();
    const banner = cat.page.locator("#notices .banner--warn");
    await banner.waitFor();
    assert.ok(Date.now() - start >= 2_900, "after 3 s");
    const box = await banner.boundingBox();
    assert.ok(box.width > 390 - 40, "as wide as the page");
    for (const text of ["one", "two", "three"]) await say(ann, text);
    await sees(bea, "three");
    await cat.context.setOffline(false);
    await cat.page.locator("#notices .banner--good", { hasText: "You're back." }).waitFor();
    await sees(cat, "three");
    await reads(cat.page.locator("#rows .day--missed"), "You missed 3 messages");
    const order = await cat.page.$$eval("#rows > *", (all) =>
      all
        .map(
          (row) => row.querySelector(".message__text")?.textContent ?? (row.matches(".day--missed") ? "missed" : null),
        )
        .filter(Boolean),
    );
    assert.deepEqual(order.slice(-4), ["missed", "one", "two", "three"]);
    await cat.page.locator("#notices .banner").waitFor({ state: "detached" });
  },
);

scene("who missed more than the page holds is told so and scrolls through it", [], async (stage) => {
  const { ann, bea, id } = await pair(stage);
  await say(ann, "the last one seen");
  await sees(bea, "the last one seen");
  await bea.context.setOffline(true);
  await bea.page.locator("#notices .banner--warn").waitFor();
  const writer = await Visitor.arrive(stage.server);
  const socket = await writer.enter(id);
  for (let n = 1; n <= 450; n += 1) assert.equal((await ask(socket, "chat", { chat: `missed ${n}` })).ok, true);
  await bea.context.setOffline(false);
  await reads(bea.page.locator("#rows .day--missed"), /^You missed 4\d\d messages$/);
  await message(bea, "the last one seen").waitFor();
  await reads(bea.page.locator("#pill .pill__text"), /new messages/);
  const texts = () => bea.page.$$eval("#rows .message__text", (all) => all.map((one) => one.textContent));
  for (let n = 0; (await texts()).at(-1) !== "missed 450"; n += 1) {
    assert.ok(n < 300, "it comes to an end");
    await bea.page.$eval(
      "#chat-list",
      (list) =>
        new Promise((done) => {
          list.scrollTop += 600;
          requestAnimationFrame(() => requestAnimationFrame(done));
        }),
    );
    assert.ok((await bea.page.locator("#rows [data-seq]").count()) <= 200);
  }
  await say(ann, "and on");
  await sees(bea, "and on");
  assert.ok((await bea.page.locator("#rows [data-seq]").count()) <= 200);
  writer.end();
});

scene("what was not sent when the room goes says so and offers nothing more", [], async (stage) => {
  const { ann, bea, id } = await pair(stage);
  await bea.page.routeWebSocket(/socket\.io/, (line) => {
    const server = line.connectToServer();
    line.onMessage((frame) => {
      const ack = /^42\/chat,(\d+)\["chat",.*unlucky/.exec(String(frame))?.[1];
      if (ack) line.send(`43/chat,${ack}[{"ok":false,"code":"rate_limited","message":"Too fast."}]`);
      else server.send(frame);
    });
  });
  await enter(bea, id);
  await say(bea, "an unlucky message");
  const failed = message(bea, "an unlucky message");
  await failed.locator("[data-do=retry]").waitFor();
  await choose(bea, { name: "late.gif", bytes: gif() });
  await ann.page.click("#edit-btn");
  await ann.page.click("#delete-btn");
  await ann.page.click("#delete-dialog [value=delete]");
  await bea.page.locator("#notices .banner", { hasText: "This room is gone." }).waitFor();
  await reads(failed.locator(".message__why"), "Couldn't send: the room is gone.");
  assert.equal(await failed.locator("[data-do]").count(), 0);
  assert.equal(await bea.page.locator("#queue [data-do=retry]:visible").count(), 0);
});
