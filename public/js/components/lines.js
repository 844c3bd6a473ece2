// Lines nobody wrote: somebody came, somebody left. Each kind says how it looks and what it does to the list.
import { clone, markUrl, setHue } from "../lib/dom.js";
import { clock, fullDate } from "../lib/format.js";
import { hueOf } from "../lib/hue.js";

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
  element.dataset.at = line.createdAt;
  dateLine(element, line.createdAt);
  if (line.seq !== undefined) {
    element.dataset.id = line._id;
    element.dataset.seq = line.seq;
  }
  return element;
}

export const applyLine = (line, list) => kinds.get(line.line)?.apply(line, list);

/** A line from a template with a mark and a name in it. */
export function fromTemplate(id, { visitor, color, hue }) {
  const element = clone(id);
  setHue(element, hue === undefined ? hueOf(color) : hue);
  element.querySelector(".mark").src = markUrl(visitor);
  const name = element.querySelector(".name");
  if (name) name.textContent = color;
  return element;
}

/** Writes the time of a line as the clock on this wall says it. */
export function dateLine(element, at) {
  const time = element.querySelector("time");
  const date = new Date(at);
  if (!time || Number.isNaN(date.getTime())) return;
  time.dateTime = at;
  time.textContent = clock(date);
  time.title = fullDate(date);
}

// A kind that this page does not know yet says what the server wrote.
function plain(line) {
  const element = fromTemplate("line-template", line);
  element.querySelector("span").textContent = line.chat;
  return element;
}

lineKind("joined", { make: (line) => fromTemplate("join-template", line) });
lineKind("left", { make: (line) => fromTemplate("exit-template", line) });
