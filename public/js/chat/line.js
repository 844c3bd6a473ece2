// The line to the server: opened last, watched, and done without where WebSocket is blocked.
import { liveSocket, seemsBlocked } from "../lib/page-socket.js";

const ASK_EVERY = 3_000;

export function makeLine(page) {
  page.socket = liveSocket("/chat");
  let asking = null;
  /** Whether messages are asked for now and then, as the line can't be had. */
  page.polls = () => asking !== null && !page.conversation.joined;
  page.stopPolling = () => {
    clearInterval(asking);
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

export function openLine({ room, socket, notices, conversation }) {
  // A page that is closed gives its seat up soon; one that is only put aside, as by a phone, is waited for.
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted && conversation.joined) navigator.sendBeacon(`/room/${room}/leave`);
  });
  notices.lineDown();
  socket.open();
}
