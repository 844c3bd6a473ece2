// What few messages have, and the ways to it.
import { byId } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { fetchStyle } from "../lib/sheets.js";
import { edited, markEdited, mayEdit } from "./edits.js";
import { subject } from "./message.js";
import { adoptQuote, followQuote, putQuote, quoteLine, watchMuted } from "./quotes.js";
import { Reactions } from "./reactions.js";
import { Strip } from "./strip.js";

/** @typedef {Awaited<ReturnType<typeof startExtras>>} Extras */

/**
 * Begins with what `list` shows.
 * @param {{
 *   room: string,
 *   me: Who,
 *   storage: import("../lib/room-storage.js").RoomStorage,
 *   list: import("./message-list.js").MessageList,
 * }} page
 */
export async function startExtras({ room, me, storage, list }) {
  await fetchStyle("extras.css");
  const rows = byId("rows");
  const strip = new Strip(
    (message, chat) => askJson(`/room/${room}/messages/${message}`, { method: "PATCH", body: { chat } }),
    storage,
  );
  /** @type {(about: StoredSubject) => void} */
  const edit = (about) => strip.edit(about);
  const reactions = new Reactions({ room, me, list });
  watchMuted(rows);

  return {
    get editing() {
      return strip.editing;
    },

    get reply() {
      return strip.reply;
    },

    /**
     * Shows what a message has that enters the list, or writes anew what the server rendered.
     * @param {HTMLElement} row
     * @param {Partial<Message>} [message]
     */
    dress(row, message) {
      const quote = row.querySelector(".quote");
      const reacted = message ? reactions.of(message) : [];
      if (reacted.length > 0) reactions.put(row, reacted);
      if (message?.reply) putQuote(row, message.reply);
      else if (quote) adoptQuote(quote);
      const at = message ? message.edited : row.querySelector(".message__edited")?.dateTime;
      if (at) markEdited(row, at);
    },

    /**
     * Does to messages that are shown what a line says.
     * @param {Line} line
     */
    line(line) {
      const row = line.line === "edited" && list.find(line.message ?? "");
      list.alter(() => {
        if (row) edited(row, line);
        quoteLine(rows, line);
      });
      strip.line(line);
    },

    /** The line is back: what could not be loaded may be there. */
    again: () => reactions.again(),

    /**
     * A quote leads to its original, a reaction is given or taken back.
     * @param {HTMLElement} part
     */
    press(part) {
      if (part.matches(".reaction")) reactions.toggle(part);
      else followQuote(part, list);
    },

    /** @type {(told: RoomReactions) => void} How reactions stand, as the server says. */
    reacted: (told) => reactions.told(told),

    edit,

    /**
     * What one writes next answers a message, as what it answers is kept; nothing any more without one.
     * @param {Reply | null} reply
     */
    answer: (reply) => strip.answer(reply),

    /** Nothing is answered or edited any more. */
    forget: () => strip.forget(),

    /** Edits what one said last, if that can still be changed. */
    editLast() {
      // Further up nobody sees what one said last.
      const last =
        list.isWhole &&
        list.messages.findLast((row) => row.matches(".mine[data-seq]") && !row.querySelector(".message__gone"));
      if (last && mayEdit(last)) edit(/** @type {StoredSubject} */ (subject(last)));
    },
  };
}
