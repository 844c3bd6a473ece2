// main.html: the list stays true by the `/room` namespace, or by asking where WebSocket is blocked.
import { startAges } from "../components/ages.js";
import { RoomListView } from "../components/room-list.js";
import { startTheme } from "../components/theme.js";
import { byId } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { liveSocket, seemsBlocked } from "../lib/page-socket.js";
import "../lib/worker.js";

const ASK_EVERY = 3_000;

const rooms = new RoomListView();
const socket = liveSocket("/room");
// Events that arrive while a fresh page is on its way are newer than it, so they wait their turn.
/** @type {(() => void)[] | null} */
let held = null;
let again = false;
/** @type {Timer | undefined} */
let retry;
/** @type {Timer | undefined} */
let asking;

/** Takes over the list as it is now; asked for while one is on its way, another one follows. */
async function refresh() {
  again = Boolean(held);
  if (again) return;
  clearTimeout(retry);
  held = [];
  try {
    rooms.reconcile(await getJson("/rooms"));
    isFresh();
  } catch {
    retry = setTimeout(refresh, ASK_EVERY);
  }
  const late = held ?? [];
  held = null;
  for (const apply of late) apply();
  if (again) refresh();
}

// A page that was shown while the server could not reach the rooms.
const old = byId("old-banner");
/** @type {Timer | null} */
let asksUntilFresh = null;

function isFresh() {
  if (!old || !asksUntilFresh) return;
  clearInterval(asksUntilFresh);
  asksUntilFresh = null;
  // It did not know who looks, and showed anybody.
  if ("guest" in document.body.dataset) location.reload();
  else old.remove();
}

/** @type {(apply: () => void) => void} */
const inTurn = (apply) => (held ? held.push(apply) : apply());

function startRooms() {
  if (old) asksUntilFresh = setInterval(refresh, ASK_EVERY);
  socket
    .on("connect", () => {
      clearInterval(asking);
      asking = undefined;
      refresh();
    })
    .on("missed", refresh)
    .on("newRoom", (room) => inTurn(() => rooms.add(room)))
    .on("updateRoom", (room) => inTurn(() => rooms.update(room)))
    .on("removeRoom", (id) => inTurn(() => rooms.remove(id)))
    .on("failed", (failure) => {
      if (!asking && seemsBlocked(failure)) asking = setInterval(refresh, ASK_EVERY);
    });
  socket.open();
}

/** What went wrong on the way here stands over the list until it is closed, and does not come back by a reload. */
function startErrorBanner() {
  byId("error-banner")
    ?.querySelector("button")
    ?.addEventListener("click", () => {
      byId("error-banner")?.remove();
      const url = new URL(location.href);
      url.searchParams.delete("error");
      history.replaceState(null, "", url);
      byId("hero-title").focus();
    });
}

for (const start of [startTheme, startAges, startRooms, startErrorBanner]) start();
