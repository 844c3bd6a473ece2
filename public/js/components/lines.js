// Lines nobody wrote: somebody came, somebody left. Each kind says how it looks and what it does to the list.
import { clone, markUrl, setHue } from "../lib/dom.js";
import { clock, fullDate } from "../lib/format.js";
import { hueOf } from "../lib/hue.js";
import { texts } from "../lib/texts.js";
import { blank } from "./message.js";

const kinds = new Map();

/**
 * Teaches the list a kind of line. `make(line)` gives its element, or null when nothing is to be seen; `apply(line, list)`
 * does what the line says to messages that are shown.
 */
export const lineKind = (kind, { make = plain, apply = () => {} }) => kinds.set(kind, { make, apply });

/** The element of a line, or null. */
export function makeLine(line) {
  const element = (kinds.get(line.line)?.make ?? plain)(line);
  if (!element) return null;
  dateLine(element, line.createdAt);
  if (line.seq !== undefined) {
    element.dataset.id = line._id;
    element.dataset.seq = line.seq;
  }
  return element;
}

export const applyLine = (line, list) => kinds.get(line.line)?.apply(line, list);

/** Writes the time of a line as the clock on this wall says it. */
export function dateLine(element, at) {
  const time = element.querySelector("time");
  const date = new Date(at);
  if (!time || Number.isNaN(date.getTime())) return;
  element.dataset.at = at;
  time.dateTime = at;
  time.textContent = clock(date);
  time.title = fullDate(date);
}

// Words come from the texts of the page; of a kind that it does not know yet, from the server.
function plain({ line, visitor, color, hue, chat }) {
  const element = clone("line-template");
  Object.assign(element.dataset, { visitor, line });
  setHue(element, hue === undefined ? hueOf(color) : hue);
  element.querySelector(".mark").src = markUrl(visitor);
  const name = element.querySelector(".name");
  name.textContent = color;
  const words = texts.line[line]?.split("%{name}");
  if (words) name.parentElement.replaceChildren(words[0], name, words[1] ?? "");
  else name.parentElement.textContent = chat;
  return element;
}

const isStored = (message) => message.dataset.seq !== undefined;

// The message itself says that it is gone.
lineKind("deleted", {
  make: () => null,
  apply({ message }, list) {
    const gone = list.find(message);
    if (gone) blank(gone);
  },
});
lineKind("cleared", {
  apply({ visitor, seq }, list) {
    const theirs = list.messages.filter((message) => message.dataset.visitor === visitor && isStored(message));
    for (const message of theirs) if (Number(message.dataset.seq) < seq) blank(message);
  },
});
