// What was said, and who is here.
import { ExtrasLater } from "../components/extras-later.js";
import { MembersView } from "../components/members.js";
import { MessageList } from "../components/message-list.js";
import { fold, isMuted, startMuting } from "../components/muted.js";
import { fetchSheet } from "../lib/sheets.js";

/** @param {ChatPage} page */
export function startHistory(page) {
  const { room, me, storage } = page;
  page.isNews = ({ line, visitor }) => !line && visitor !== me.id && !isMuted(visitor);
  page.list = new MessageList({
    room,
    me,
    last: page.last,
    isNews: page.isNews,
    entered(row, message) {
      fold(row);
      page.extras.enters(row, message);
    },
    told: (line) => page.extras.line(line),
  });
  page.extras = new ExtrasLater(storage, page.list, async () => {
    const { startExtras } = await fetchSheet("extras", () => import("../components/extras.js"));
    return startExtras({ room, me, storage, list: page.list });
  });
  page.members = new MembersView(me, page.owner);
  startMuting(page);
  page.list.start();
}
