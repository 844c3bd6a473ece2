// Into a room and out again, and the first words there.
import assert from "node:assert/strict";
import { hasFocus } from "../support/focus.js";
import { REFUSED, inside, openList, reads, row, sees } from "../support/pages.js";
import { eventually } from "../support/wait.js";
import { person } from "./stage.js";

/**
 * @param {Stage} stage
 * @param {StoryOptions} options
 */
export async function entersAndLeaves(stage, options) {
  const [ann, bea] = [await person(stage, "ann", options), await person(stage, "bea", options)];
  bea.allow(REFUSED);
  await openList(ann);
  await openList(bea);
  await ann.hand.use(ann.page.getByRole("main").getByRole("link", { name: ann.says("site.make_room"), exact: true }));
  await ann.page.waitForURL("/room");
  await ann.hand.write(ann.field(ann.says("make.name")), "by hand");
  await ann.hand.write(ann.page.getByRole("spinbutton", { name: ann.says("make.max"), exact: true }), "6");
  await ann.hand.write(ann.page.getByLabel(ann.says("make.password")), "sesame");
  await ann.hand.send(ann.button(ann.says("make.submit")));
  await ann.page.waitForURL(/\/room\/\w+$/);
  await inside(ann);
  const id = ann.page.url().split("/").at(-1) ?? "";

  await bea.hand.use(row(bea, id).locator(".join-btn"));
  const password = bea.page.getByLabel(bea.says("gate.password"), { exact: true });
  await hasFocus(bea, password, "one writes the password at once");
  await bea.hand.write(password, "sesame");
  await bea.hand.send(bea.button(bea.says("gate.submit")));
  await inside(bea);
  const [field, send] = [bea.field(bea.says("chat.message")), bea.button(bea.says("chat.send"))];
  if ("skip" in bea.hand) await bea.hand.skip(bea.link(bea.says("site.skip")), bea.log);
  if ("skip" in bea.hand) await bea.hand.skip(bea.link(bea.says("chat.skip")), field);

  await bea.hand.write(field, "first line\nsecond line");
  await bea.hand.send(send);
  await sees(ann, /first line\nsecond line/);
  await hasFocus(bea, field, "one goes on writing");
  await bea.hand.send(send);
  await bea.hand.write(field, "third");
  await bea.hand.send(send);
  await sees(ann, "third");
  assert.equal(await ann.page.locator("#chat-list .message").count(), 2, "nothing empty was sent");

  await bea.hand.use(bea.link(bea.says("chat.leave")));
  await bea.page.waitForURL("/");
  await reads(row(bea, id).locator(".room__count"), "1/6");
  await eventually(async () => (await ann.page.locator("#members-list .member").count()) === 1);
}
