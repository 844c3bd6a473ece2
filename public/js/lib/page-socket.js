// The page's socket: its address, and the moments at which it reconnects at once.
import { getJson } from "./http.js";
import { Socket } from "./socket.js";

// A socket that is refused is not told why. Every so many failures the site is asked whether it lets one in at all.
const ASK_EVERY = 3;
const SHUT = ["site_password_required", "banned_from_site"];

/** @param {string} namespace */
export function liveSocket(namespace) {
  const url = new URL("/socket.io/?EIO=4&transport=websocket", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new Socket({ url: url.href, namespace });
  addEventListener("online", () => socket.retryNow());
  addEventListener("offline", () => socket.restart());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) socket.retryNow();
  });
  socket.on("failed", async ({ failures }) => {
    if (failures % ASK_EVERY !== 0) return;
    const { code } = await getJson("/rooms?limit=1").then(
      () => ({}),
      (why) => why,
    );
    if (SHUT.includes(code)) location.reload();
  });
  // A page kept for the back button must neither hold a seat nor miss messages unnoticed.
  addEventListener("pagehide", () => socket.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  return socket;
}

/** @type {(failure: Failure) => boolean} Whether the network seems to forbid WebSocket: three tries in a row went wrong and none ever succeeded. */
export const seemsBlocked = ({ failures, opened }) => !opened && failures >= 3;
