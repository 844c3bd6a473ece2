// What the page does for the colours of the system.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { makeRoom } from "../support/pages.js";
import { eventually } from "../support/wait.js";

useChromium();

/**
 * The colours of a switch, of its track and of its knob, and where the knob is.
 * @param {Locator} button
 */
const looks = (button) =>
  button.evaluate((element) => {
    const track = element.querySelector(".switch__track");
    const [on, knob] = [getComputedStyle(track), getComputedStyle(track, "::before")];
    return { track: on.backgroundColor, knob: knob.backgroundColor, place: knob.insetInlineStart };
  });

scene("in forced colours a switch shows whether it is on, by colour and by place", [], async (stage) => {
  const ann = await stage.visitor({ name: "ann", locale: "en-US", forcedColors: "active" });
  await makeRoom(ann);
  const button = ann.page.locator("#motion-btn");
  assert.equal(await button.getAttribute("aria-checked"), "true");
  const on = await looks(button);
  await button.click();
  await eventually(async () => {
    const off = await looks(button);
    for (const part of /** @type {const} */ (["track", "knob", "place"]))
      assert.notEqual(off[part], on[part], `its ${part} is the same on and off`);
    for (const { track, knob } of [on, off]) assert.notEqual(track, knob, "the knob is seen on its track");
    return true;
  });
});
