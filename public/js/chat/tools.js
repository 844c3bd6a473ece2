// What opens over the room: whispers and sheets.
import { RoomSheets } from "../components/room-sheets.js";
import { WhispersLater } from "../components/whispers-later.js";

/** @param {ChatPage} page */
export function startTools(page) {
  const { room, me, storage, socket, facts } = page;
  page.whispers = new WhispersLater({
    room,
    me,
    storage,
    socket,
    news: (heard) => page.badge.came(heard),
    tray: (take) => page.sheets.tray(take, "add"),
    opens: (name, load, open) => page.sheets.open(name, load, open),
  });
  page.sheets = new RoomSheets({
    room,
    facts,
    say: page.say,
    take: page.add,
    ownerTools: ({ startOwnerTools }) => startOwnerTools(page),
  });
  page.sheets.changed();
}
