// The page's socket: the address, and the moments at which trying again at once makes sense.
import { Socket } from "./socket.js";

export function liveSocket(namespace) {
  const url = new URL("/socket.io/?EIO=4&transport=websocket", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new Socket({ url: url.href, namespace });
  addEventListener("online", () => socket.retryNow());
  addEventListener("offline", () => socket.restart());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) socket.retryNow(); });
  // A page kept for the back button must neither hold a seat nor miss messages unnoticed.
  addEventListener("pagehide", () => socket.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  return socket;
}

/** Whether the network seems to forbid WebSocket: three tries in a row went wrong and none ever succeeded. */
export const seemsBlocked = ({ failures, opened }) => !opened && failures >= 3;
