// The way out of the room. Without a line it would lead to the browser's error page.
import { byId, opensElsewhere } from "../lib/dom.js";
import { texts } from "../lib/texts.js";

const LINE_LIMIT = 5_000;

/** @param {ChatPage} page */
export function startWayOut({ room, notices, members, sheets, conversation }) {
  // All tabs of this browser in the room.
  const tabs = new BroadcastChannel(room);
  // Another tab that is about to leave asks whether one stays.
  tabs.onmessage = ({ data }) => {
    if (data === "who" && conversation.joined) tabs.postMessage("here");
  };
  byId("exit-btn").addEventListener("click", async (event) => {
    if (opensElsewhere(event)) return;
    event.preventDefault();
    const { href } = byId("exit-btn");
    try {
      await fetch(href, { method: "HEAD", signal: AbortSignal.timeout(LINE_LIMIT) });
    } catch {
      return notices.exception({ message: texts.talk.no_line });
    }
    if (conversation.joined && members.deserted && !(await sheets.mayLeave(tabs, members.alone))) return;
    conversation.leave();
    location.assign(href);
  });
}
