// main.html: the list stays true by the `/room` namespace, or by asking where WebSocket is blocked.
import { startAges } from "../components/ages.js";
import { RoomListView } from "../components/room-list.js";
import { startTheme } from "../components/theme.js";
import { byId } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { liveSocket, seemsBlocked } from "../lib/live.js";

const ASK_EVERY = 3_000;

startTheme();
startAges();

const rooms = new RoomListView();
const socket = liveSocket("/room");
// Events that arrive while a fresh page is on its way are newer than it, so they wait their turn.
let held = null;
let asking = null;

async function refresh() {
  if (held) return;
  held = [];
  try {
    rooms.reconcile(await getJson("/rooms"));
    isFresh();
  } catch { /* the next connect or question brings it */ }
  const late = held;
  held = null;
  for (const apply of late) apply();
}

// A page that was shown while the server could not reach the rooms.
const old = byId("old-banner");
let asksUntilFresh = old && setInterval(refresh, ASK_EVERY);

function isFresh() {
  if (!asksUntilFresh) return;
  clearInterval(asksUntilFresh);
  asksUntilFresh = null;
  // It did not know who looks, and showed anybody.
  if ("guest" in document.body.dataset) location.reload();
  else old.remove();
}

const inTurn = (apply) => (held ? held.push(apply) : apply());

socket
  .on("connect", () => { clearInterval(asking); asking = null; refresh(); })
  .on("newRoom", (room) => inTurn(() => rooms.add(room)))
  .on("updateRoom", (room) => inTurn(() => rooms.update(room)))
  .on("removeRoom", (id) => inTurn(() => rooms.remove(id)))
  .on("failed", (failure) => { if (!asking && seemsBlocked(failure)) asking = setInterval(refresh, ASK_EVERY); });
socket.open();

byId("error-banner")?.querySelector("button").addEventListener("click", () => {
  byId("error-banner").remove();
  const url = new URL(location.href);
  url.searchParams.delete("error");
  history.replaceState(null, "", url);
  byId("hero-title").focus();
});
