// The line to the server: watched, done without where WebSocket is blocked, and opened last.
import { liveSocket, seemsBlocked } from "../lib/page-socket.js";

const ASK_EVERY = 3_000;

/** @param {ChatPage} page */
export function startLine(page) {
  page.socket = liveSocket("/chat");
  /** @type {Timer | null} */
  let asking = null;
  page.polls = () => asking !== null && !page.conversation.joined;
  page.stopPolling = () => {
    if (asking) clearInterval(asking);
    asking = null;
  };
  page.socket.on("failed", (failure) => {
    if (asking !== null) return;
    const blocked = seemsBlocked(failure);
    page.notices.lineDown(blocked);
    if (!blocked) return;
    asking = setInterval(() => page.conversation.catchUp(), ASK_EVERY);
    page.conversation.catchUp();
    page.outbox.start();
    page.uploads.start();
  });
}

/** @param {ChatPage} page */
export function openLine({ room, socket, notices, conversation }) {
  // A page that is closed gives its seat up soon; one that is only put aside, as by a phone, is waited for.
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted && conversation.joined) navigator.sendBeacon(`/room/${room}/leave`);
  });
  notices.lineDown();
  socket.open();
}
