// chat.html: the page of a room, put together of its parts.
import { startActions } from "../components/actions.js";
import { startTheme } from "../components/theme.js";
import { startWayOut } from "../components/way-out.js";
import { startConversation } from "../chat/conversation.js";
import { startFrame } from "../chat/frame.js";
import { startHistory } from "../chat/history.js";
import { openLine, startLine } from "../chat/line.js";
import { startSending } from "../chat/sending.js";
import { startTools } from "../chat/tools.js";
import { byId } from "../lib/dom.js";

const { room, epoch, owner, last, chatLimit, gifLimit, ...mine } = document.body.dataset;

/**
 * What the parts share. Each part adds to it, and uses what others added only once all have started, or what a part before it
 * has added.
 */
const page = /** @type {ChatPage} */ ({
  room,
  epoch,
  owner,
  last: Number(last),
  chatLimit: Number(chatLimit),
  gifLimit: Number(gifLimit),
  me: { id: mine.me, name: mine.name, color: mine.color, hue: mine.hue === "" ? null : Number(mine.hue) },
});
const parts = [
  startTheme,
  startFrame,
  startLine,
  startHistory,
  startSending,
  startConversation,
  startTools,
  startActions,
  startWayOut,
  openLine,
];
for (const start of parts) start(page);

// Where there is a keyboard one begins to write at once; on a phone it would cover the half of what was said.
if (matchMedia("(hover: hover)").matches && document.activeElement === document.body)
  byId("chat").focus({ preventScroll: true });
