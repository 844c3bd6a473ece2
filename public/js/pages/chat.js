// chat.html: puts the models of a room and the parts of its page together.
import { UnreadBadge } from "../components/unread-badge.js";
import { Composer } from "../components/composer.js";
import { ExtrasLater } from "../components/extras-later.js";
import { startActions } from "../components/actions.js";
import { MembersView } from "../components/members.js";
import { MessageList } from "../components/message-list.js";
import { fold, isMuted, startMuting } from "../components/muted.js";
import { Notices } from "../components/notices.js";
import { retryPictures } from "../components/picture.js";
import { RoomFacts } from "../components/room-facts.js";
import { RoomSheets } from "../components/room-sheets.js";
import { startTheme } from "../components/theme.js";
import { showTyping } from "../components/typing-line.js";
import { UploadsLater } from "../components/uploads-later.js";
import { openGifs } from "../components/viewer-later.js";
import { startWayOut } from "../components/way-out.js";
import { WhispersLater } from "../components/whispers-later.js";
import { announce, byId } from "../lib/dom.js";
import { askJson, getJson } from "../lib/http.js";
import { keepFocusOfDialogs } from "../lib/focus.js";
import { RoomStorage } from "../lib/room-storage.js";
import { fetchSheet } from "../lib/sheets.js";
import { liveSocket, seemsBlocked } from "../lib/page-socket.js";
import { newNonce } from "../lib/nonce.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { whoIs } from "../lib/who.js";
import "../lib/worker.js";
import { Conversation } from "../models/conversation.js";
import { Outbox } from "../models/outbox.js";
import { SlowMode } from "../models/slow-mode.js";
import { Timeline } from "../models/timeline.js";
import { Typing } from "../models/typing.js";

const ASK_EVERY = 3_000;

const page = document.body.dataset;
const room = page.room;
const me = { id: page.me, name: page.name, color: page.color, hue: page.hue === "" ? null : Number(page.hue) };
const storage = new RoomStorage(room);
const isNews = ({ line, visitor }) => !line && visitor !== me.id && !isMuted(visitor);

startTheme();
for (const event of ["pointerover", "focusin"]) {
  // Fetched with the first button that may need one; without them its name is still there for screen readers.
  addEventListener(
    event,
    ({ target, pointerType }) => {
      import("../components/tips.js").then(
        ({ showTip }) => {
          if (pointerType !== "touch") showTip(target);
        },
        () => {},
      );
    },
    { once: true },
  );
}
keepFocusOfDialogs();

const socket = liveSocket("/chat");
const list = new MessageList({
  room,
  me,
  last: Number(page.last),
  isNews,
  entered(row, message) {
    fold(row);
    extras.enters(row, message);
  },
  told: (line) => extras.line(line),
});
const extras = new ExtrasLater(storage, list, () =>
  fetchSheet("extras", () => import("../components/extras.js")).then(({ startExtras }) =>
    startExtras({ room, me, storage, list }),
  ),
);
const members = new MembersView(me, page.owner);
const notices = new Notices(() => socket.retryNow());
const facts = new RoomFacts(me);
const unreadBadge = new UnreadBadge(facts.title);
let asking = null;

const whispers = new WhispersLater({
  room,
  me,
  storage,
  socket,
  news: (heard) => unreadBadge.came(heard),
  tray: (take) => sheets.tray(take, "add"),
  opens: (...sheet) => sheets.open(...sheet),
});

const slowMode = new SlowMode({ changed: (seconds) => composer.pause(seconds) });
const hasSaid = () => {
  if (facts.slow && !facts.mine) slowMode.hold(facts.slow);
};

const outbox = new Outbox({
  newNonce,
  slowMode,
  saved: storage.read("unsent", []),
  send: async ({ nonce, content }) => {
    const item = { nonce, content: { ...content, reply: content.reply?._id } };
    const ack = await (conversation.joined || !asking ? conversation.say(item) : post(item));
    if (ack?.ok) hasSaid();
    // A GIF to be sent again that is gone: trying again would not help.
    if (ack?.code === "page_not_found") {
      outbox.remove(nonce);
      say(ack.message);
    }
    return ack;
  },
  changed: (item) => {
    list.showItem(item);
    if (item.state === "failed" && !item.final) announce(`${texts.chat.failed} ${refusal(item.why)}`);
    storage.write("unsent", outbox.unsent);
  },
});

const say = (text) => composer.say(text);
const stored = (message) => {
  hasSaid();
  conversation.take(message);
};
const uploads = new UploadsLater({
  storage,
  say,
  load: () =>
    fetchSheet("queue", () => import("../components/uploading.js")).then(({ startUploads }) =>
      startUploads({ room, tab: storage.tab, slowMode, list, limit: Number(page.gifLimit), stored, say, returned }),
    ),
});

const typing = new Typing({
  changed(visitors) {
    showTyping(visitors);
    members.typing(visitors);
  },
  say: () => conversation.typing(),
});

const conversation = new Conversation({
  room,
  epoch: page.epoch,
  socket,
  getJson,
  timeline: new Timeline(Number(page.last)),
  view: {
    isNews,
    deliver(rows) {
      list.deliver(rows);
      unreadBadge.came(rows.filter(isNews));
      for (const row of rows) {
        if (row.line) {
          members.line(row);
          unreadBadge.line(row);
        }
        if (!row.line || row.line === "left") typing.stopped(row.visitor);
        this.known(row);
      }
    },
    known({ visitor, nonce }) {
      if (visitor !== me.id) return;
      outbox.confirm(nonce);
      uploads.confirm(nonce);
    },
    leapt: (seq, missed) => list.leap(seq, missed),
    missed: (count, again) => list.missed(count, again),
    joined(ack) {
      clearInterval(asking);
      asking = null;
      notices.lineUp();
      shut(false);
      retryPictures();
      extras.again();
      extras.read(room, ack.reactions);
      // A session that ran out in the meantime made us somebody else.
      Object.assign(me, whoIs(ack.you));
      members.replace(ack.members, ack.seq, ack.away);
      changed(ack.room);
      outbox.start();
      uploads.start();
      whispers.read();
    },
    left() {
      outbox.stop();
      uploads.stop();
      typing.clear();
      sheets.missed();
      notices.lineDown();
    },
    refused(why, again, been) {
      notices.out(why, ({ refusedNotice }, list) => refusedNotice(why, { again, been, list }));
      if (why.code === "room_full") shut(true);
    },
    typing: (visitor) => {
      if (visitor.id !== me.id) typing.heard(visitor);
    },
    away: (visitor, away) => members.away(visitor, away),
    // Events that are no messages were dropped.
    lost(away) {
      members.awayAre(away);
      whispers.read();
      extras.read(room);
      sheets.missed();
      sheets.changed();
    },
    reacted: (told) => extras.reacted(told),
    reported() {
      toast(texts.report.came, {
        icon: "flag",
        tone: "warn",
        button: { text: texts.report.show, act: () => sheets.reports() },
      });
      sheets.reported();
    },
    changed,
    gone() {
      end({ code: "room_not_found", message: texts.talk.room_gone }, ({ goneNotice }, list) => goneNotice(list));
      // What was said there goes with the room.
      for (const what of ["draft", "reply", "unsent"]) storage.write(what, "");
      extras.forget();
      unreadBadge.forget();
    },
    stale: () => location.reload(),
    sentOut: (why) => end(why, ({ sentOutNotice }, list) => sentOutNotice(why, list)),
    exception: (why) => notices.exception(why),
  },
});

const composer = new Composer({
  limit: Number(page.chatLimit),
  draft: storage.read("draft", ""),
  typed(text) {
    if (extras.editing) return;
    storage.write("draft", text);
    typing.wrote(text);
  },
  send: (text) => (uploads.send(text, extras.reply) ? answered() : !text || add({ chat: text })),
});

startMuting(list);
list.start();
for (const item of outbox.items) list.showItem(item);
list.onFailed((what, nonce) => {
  if (uploads.find(nonce)) uploads.cancel(uploads.find(nonce));
  else if (what === "retry") outbox.retry(nonce);
  else outbox.remove(nonce);
});

openGifs(add);

const sheets = new RoomSheets({
  room,
  facts,
  say,
  take: add,
  startTools: ({ startOwnerTools }) => startOwnerTools(room, { now: facts, isOwner: () => facts.mine, changed }),
});
startActions({ facts, sheets, whispers, extras });
sheets.changed();

// Puts a message in line; whether there was space for it.
function add(content) {
  if (outbox.add({ ...content, reply: extras.reply })) return answered();
  composer.say(fill(texts.talk.too_many, { n: outbox.limit }));
  return false;
}

function answered() {
  extras.answer();
  return true;
}

// What no GIF takes along.
function returned(text, reply) {
  if (text) composer.giveBack(text);
  extras.answer(reply);
}

startWayOut({
  room,
  isIn: () => conversation.joined,
  noLine: () => notices.exception({ message: texts.talk.no_line }),
  mayLeave: async (tabs) => !members.deserted || sheets.mayLeave(tabs, members.alone),
  leave: () => conversation.leave(),
});

// A page that is closed gives its seat up soon; one that is only put aside, as by a phone, is waited for.
addEventListener("pagehide", ({ persisted }) => {
  if (!persisted && conversation.joined) navigator.sendBeacon(`/room/${room}/leave`);
});

// One neither writes nor sees who is here: for good, or as long as the seats are taken.
function shut(out) {
  composer.close(out);
  members.close(out);
  for (const id of ["start", "invite-btn"]) byId(id).inert = out;
}

// Nothing more can be done here, because of `why`.
function end(why, notice) {
  clearInterval(asking);
  outbox.end(why);
  uploads.end(why);
  typing.clear();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  notices.out(why, notice);
  shut(true);
  // The list still scrolls, and the way out works.
  byId("rows").inert = true;
}

socket.on("failed", (failure) => {
  if (asking) return;
  const blocked = seemsBlocked(failure);
  notices.lineDown(blocked);
  if (blocked) poll();
});
notices.lineDown();
socket.open();

// Where there is a keyboard one begins to write at once; on a phone it would cover the half of what was said.
if (matchMedia("(hover: hover)").matches && document.activeElement === document.body)
  byId("chat").focus({ preventScroll: true });

function changed(fresh) {
  const { slow } = facts;
  facts.update(fresh);
  // Another pause, or none: what waits asks again.
  if (slow !== facts.slow || facts.mine) slowMode.free();
  unreadBadge.title(facts.title);
  members.room(fresh);
  sheets.changed();
}

// WebSocket is blocked: ask for messages now and then, and send by HTTP as far as the server lets us.
function poll() {
  asking = setInterval(() => conversation.catchUp(), ASK_EVERY);
  conversation.catchUp();
  outbox.start();
  uploads.start();
}

async function post({ content, nonce }) {
  try {
    const message = await askJson(`/room/${room}/chat`, { method: "POST", body: { ...content, nonce } });
    conversation.take(message);
    return { ok: true };
  } catch (why) {
    if (why.code === "offline") throw why;
    return why.code === "not_a_member" ? { code: why.code, message: texts.talk.polling_post } : why;
  }
}
