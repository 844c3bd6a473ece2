// What stands around the room: tips, notices, what is known of it, and the badge of the tab.
import { Notices } from "../components/notices.js";
import { RoomFacts } from "../components/room-facts.js";
import { UnreadBadge } from "../components/unread-badge.js";
import { byId } from "../lib/dom.js";
import { keepFocusOfDialogs } from "../lib/focus.js";
import { RoomStorage } from "../lib/room-storage.js";
import "../lib/worker.js";

/** @param {ChatPage} page */
export function startFrame(page) {
  startTips();
  keepFocusOfDialogs();
  page.storage = new RoomStorage(page.room);
  page.notices = new Notices(() => page.socket.retryNow());
  page.facts = new RoomFacts(page.me);
  page.badge = new UnreadBadge(page.facts.title);
  // One neither writes nor sees who is here: for good, or as long as the seats are taken.
  page.shut = (out) => {
    page.composer.close(out);
    page.members.close(out);
    for (const id of ["start", "invite-btn"]) byId(id).inert = out;
  };
}

// Fetched with the first button that may need one; without them its name is still there for screen readers.
function startTips() {
  for (const event of ["pointerover", "focusin"]) addEventListener(event, fetchTips, { once: true });
}

/** @param {Event & { pointerType?: string }} event */
async function fetchTips({ target, pointerType }) {
  try {
    const { showTip } = await import("../components/tips.js");
    if (pointerType !== "touch") showTip(/** @type {Element} */ (target));
  } catch {}
}
