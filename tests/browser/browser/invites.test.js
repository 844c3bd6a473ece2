// Invites: copied, used, passed on, withdrawn.
import assert from "node:assert/strict";
import { keep, scene, useChromium } from "../support/chrome.js";
import { inside, makeRoom, reads } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

scene("an invite copied by its button lets a stranger into a locked room until it is withdrawn", [], async (stage) => {
  const [ann, bea, eve] = [
    await stage.visitor({ name: "ann", permissions: ["clipboard-read", "clipboard-write"] }),
    await stage.visitor({ name: "bea" }),
    await stage.visitor({ name: "eve", colorScheme: "dark", viewport: { width: 390, height: 800 } }),
  ];
  eve.allow(/status of 40[34]/);
  const id = await makeRoom(ann, { password: "open sesame" });
  await ann.page.click("#invite-btn");
  await eventually(
    () => ann.page.locator("#invite-qr").evaluate((image) => image.complete && image.naturalWidth > 0),
    "the code is drawn",
  );
  await ann.page.click("#invite-copy");
  await reads(ann.page.locator("#invite-note"), "Copied.");
  await keep(ann, "talk-invite");
  const url = await ann.page.evaluate(() => navigator.clipboard.readText());
  assert.match(url, /\/invite\/[0-9a-f]{32}$/);
  await bea.page.goto(url);
  await inside(bea);
  assert.ok(bea.page.url().endsWith(`/room/${id}`), "the secret is not in the address of the room");
  await bea.page.click("#invite-btn");
  await eventually(
    async () => (await bea.page.inputValue("#invite-url")).endsWith(`/room/${id}`),
    "guests pass the plain link on",
  );
  assert.equal(await bea.page.locator("#invite-withdraw").isVisible(), false);
  await ann.page.click("#invite-withdraw");
  await reads(ann.page.locator("#invite-note"), /^Revoked/);
  assert.equal(await ann.page.locator("#invite-copy").isVisible(), false, "there is nothing to copy");
  await eve.page.goto(url);
  await reads(eve.page.locator("h1"), "This invite no longer works.");
  await keep(eve, "talk-invite-over");
  await ann.page.getByRole("button", { name: "New invite link" }).click();
  await eventually(
    async () => /\/invite\/[0-9a-f]{32}$/.test(await ann.page.inputValue("#invite-url")),
    "there is another",
  );
  await eve.page.goto(await ann.page.inputValue("#invite-url"));
  await inside(eve);
});
