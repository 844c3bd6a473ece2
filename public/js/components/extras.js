// What few messages have, and the ways to it.
import { askJson } from "../lib/http.js";
import { fetchStyle } from "../lib/sheets.js";
import { edited, markEdited, mayEdit } from "./edits.js";
import { subject } from "./message.js";
import { Strip } from "./strip.js";

/** Begins with what `list` shows. */
export async function startExtras({ room, list }) {
  await fetchStyle("extras.css");
  const strip = new Strip((message, chat) => askJson(`/room/${room}/messages/${message}`, { method: "PATCH", body: { chat } }));
  const edit = (about) => strip.edit(about);
  const effects = {
    edited(line, row) { if (row) edited(row, line); },
  };

  return {
    get editing() { return strip.editing; },

    /** Shows what a message has, or writes anew what the server rendered. */
    dress(row, message) {
      const at = message ? message.edited : row.querySelector(".message__edited")?.dateTime;
      if (at) list.alter(() => markEdited(row, at));
    },

    /** Does to messages that are shown what a line says. */
    line(line) { list.alter(() => effects[line.line]?.(line, list.find(line.message))); },

    edit,

    /** Edits what one said last, if that can still be changed. */
    editLast() {
      const last = list.messages.findLast((row) => row.matches(".mine[data-seq]") && !row.querySelector(".message__gone"));
      if (last && mayEdit(last)) edit(subject(last));
    },
  };
}
