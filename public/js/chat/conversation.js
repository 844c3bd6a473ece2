// The conversation with the server, and what the page does with what it tells.
import { retryPictures } from "../components/picture.js";
import { byId } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { whoIs } from "../lib/who.js";
import { Conversation } from "../models/conversation.js";
import { Timeline } from "../models/timeline.js";

/** @param {ChatPage} page */
export function startConversation(page) {
  const { room, epoch, socket, isNews } = page;
  const timeline = new Timeline(page.last);
  page.conversation = new Conversation({ room, epoch, socket, getJson, timeline, isNews });
  page.changed = (now) => change(page, now);
  hearMessages(page);
  hearSeat(page);
  hearOthers(page);
  hearEnd(page);
}

/**
 * Calls the listener with the `detail` of each event of the conversation that `listeners` names.
 * @param {ChatPage} page
 * @param {{ [Event in keyof ConversationEvents]?: (detail: ConversationEvents[Event]) => unknown }} listeners
 */
function hear({ conversation }, listeners) {
  for (const [event, listener] of Object.entries(listeners))
    conversation.addEventListener(event, (told) =>
      listener(/** @type {never} */ (/** @type {CustomEvent} */ (told).detail)),
    );
}

/** @param {ChatPage} page */
function hearMessages(page) {
  const { list, badge, members, typing, isNews } = page;
  /** @param {Row} row */
  const known = ({ visitor, nonce }) => {
    if (visitor !== page.me.id) return;
    page.outbox.confirm(nonce);
    page.uploads.confirm(nonce);
  };
  hear(page, {
    deliver(rows) {
      list.deliver(rows);
      badge.came(/** @type {Message[]} */ (rows.filter(isNews)));
      for (const row of rows) {
        if (row.line) {
          members.line(row);
          badge.line(row);
        }
        if (!row.line || row.line === "left") typing.stopped(row.visitor);
        known(row);
      }
    },
    known,
    leapt: ({ seq, missed }) => list.leap(seq, missed),
    missed: ({ count, again }) => list.missed(count, again),
  });
}

/** @param {ChatPage} page */
function hearSeat(page) {
  const { room, me, notices, extras, members, outbox, uploads } = page;
  hear(page, {
    joined(ack) {
      page.stopPolling();
      notices.lineUp();
      page.shut(false);
      retryPictures();
      extras.again();
      extras.read(room, ack.reactions);
      // A session that ran out in the meantime made us somebody else.
      Object.assign(me, whoIs(ack.you));
      members.replace(ack.members, ack.seq, ack.away);
      page.changed(ack.room);
      outbox.start();
      uploads.start();
      page.whispers.read();
    },
    left() {
      outbox.stop();
      uploads.stop();
      page.typing.clear();
      page.sheets.missed();
      notices.lineDown();
    },
    refused({ why, again, been }) {
      notices.out(why, ({ refusedNotice }, list) => refusedNotice(why, { again, been, list }));
      if (why.code === "room_full") page.shut(true);
    },
    exception: (why) => notices.exception(why),
  });
}

/** @param {ChatPage} page */
function hearOthers(page) {
  const { room, me, members, extras } = page;
  hear(page, {
    typing(visitor) {
      if (visitor.id !== me.id) page.typing.heard(visitor);
    },
    away: ({ visitor, away }) => members.away(visitor, away),
    lost(away) {
      members.awayAre(away);
      page.whispers.read();
      extras.read(room);
      page.sheets.missed();
      page.sheets.changed();
    },
    reacted: (told) => extras.reacted(told),
    reported() {
      const button = { text: texts.report.show, act: () => page.sheets.reports() };
      toast(texts.report.came, { icon: "flag", tone: "warn", button });
      page.sheets.reported();
    },
    changed: page.changed,
  });
}

/** @param {ChatPage} page */
function hearEnd(page) {
  hear(page, {
    gone() {
      const why = { code: "room_not_found", message: texts.talk.room_gone };
      end(page, why, ({ goneNotice }, list) => goneNotice(list));
      // What was said there goes with the room.
      for (const what of ["draft", "reply", "unsent"]) page.storage.write(what, "");
      page.extras.forget();
      page.badge.forget();
    },
    sentout: (why) => end(page, why, ({ sentOutNotice }, list) => sentOutNotice(why, list)),
    stale: () => location.reload(),
  });
}

/**
 * Nothing more can be done here, because of `why`.
 * @param {ChatPage} page
 * @param {Refusal} why
 * @param {OutNotice} notice
 */
function end(page, why, notice) {
  page.stopPolling();
  page.outbox.end(why);
  page.uploads.end(why);
  page.typing.clear();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  page.notices.out(why, notice);
  page.shut(true);
  // The list still scrolls, and the way out works.
  byId("rows").inert = true;
}

/**
 * The room is another now.
 * @param {ChatPage} page
 * @param {Room} now
 */
function change({ facts, slowMode, badge, members, sheets }, now) {
  const { slow } = facts;
  facts.update(now);
  // Another pause, or none: what waits asks again.
  if (slow !== facts.slow || facts.mine) slowMode.free();
  badge.title(facts.title);
  members.room(now);
  sheets.changed();
}
