// What opens over the room: sheets, menus, whispers, and the question before one leaves.
import { startActions } from "../components/actions.js";
import { RoomSheets } from "../components/room-sheets.js";
import { startWayOut } from "../components/way-out.js";
import { WhispersLater } from "../components/whispers-later.js";
import { texts } from "../lib/texts.js";

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
    startTools: ({ startOwnerTools }) =>
      startOwnerTools(room, { now: facts, isOwner: () => facts.mine, changed: page.changed }),
  });
  startActions({ facts, sheets: page.sheets, whispers: page.whispers, extras: page.extras });
  page.sheets.changed();
  startWayOut({
    room,
    isIn: () => page.conversation.joined,
    noLine: () => page.notices.exception({ message: texts.talk.no_line }),
    mayLeave: async (tabs) => !page.members.deserted || page.sheets.mayLeave(tabs, page.members.alone),
    leave: () => page.conversation.leave(),
  });
}
