// The question before the room may go with who leaves.
import { byId, setText } from "../lib/dom.js";
import { texts } from "../lib/texts.js";

// Longer than it takes another tab of this browser to answer.
const HEED = 300;

/**
 * Whether to leave: asks nobody whose other tab stays in the room.
 * @param {BroadcastChannel} tabs the channel of all tabs there
 * @param {boolean} alone whether nobody else has a seat, or all others are away
 */
export async function mayLeave(tabs, alone) {
  if (await staysElsewhere(tabs)) return true;
  const dialog = byId("leave-dialog");
  setText(byId("leave-title"), alone ? texts.leave.title : texts.leave.away_title);
  setText(byId("leave-text"), alone ? texts.leave.text : texts.leave.away_text);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => {
    dialog.addEventListener("close", done, { once: true });
  });
  return dialog.returnValue === "leave";
}

/**
 * @param {BroadcastChannel} tabs
 * @return {Promise<boolean>}
 */
function staysElsewhere(tabs) {
  return new Promise((done) => {
    tabs.addEventListener("message", ({ data }) => {
      if (data === "here") done(true);
    });
    tabs.postMessage("who");
    setTimeout(done, HEED, false);
  });
}
