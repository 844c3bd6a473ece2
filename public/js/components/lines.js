// Lines nobody wrote: somebody came, somebody left, a message was deleted. How they look, and what they do to the list.
import { clone, part, setText } from "../lib/dom.js";
import { clock, fullDate } from "../lib/format.js";
import { fill, texts } from "../lib/texts.js";
import { showWho, whoIs } from "../lib/who.js";
import { blank } from "./message.js";

/** @typedef {Pick<import("./shown-rows.js").ShownRows, "find" | "messages">} Shown */

/**
 * The element of a line; one that only keeps its place is hidden.
 * @param {Line} line
 */
export function makeLine(line) {
  const element = frame(line);
  // The message itself says that it is gone, or what it says now.
  element.hidden = ["deleted", "edited"].includes(line.line);
  dateLine(element, line.createdAt);
  if (line.seq !== undefined) {
    element.dataset.id = line._id;
    element.dataset.seq = String(line.seq);
  }
  return element;
}

/**
 * A line that says how many messages were missed, or the one `known` with another number.
 * @param {number} count
 * @param {HTMLElement | null} known
 */
export function missedLine(count, known) {
  const line = known ?? clone("missed-template");
  const { missed, missed_one: one } = texts.talk;
  setText(line.firstElementChild, fill(count === 1 ? one : missed, { n: count }));
  return line;
}

/**
 * Writes the time of a line as the clock on this wall says it.
 * @param {HTMLElement} element
 * @param {string} at
 */
export function dateLine(element, at) {
  const time = part(element, "time");
  const date = new Date(at);
  if (element.hidden || Number.isNaN(date.getTime())) return;
  element.dataset.at = at;
  time.dateTime = at;
  time.textContent = clock(date);
  time.title = fullDate(date);
}

/**
 * Words come from the texts of the page; of a kind that it does not know yet, from the server.
 * @param {Line} message
 */
function frame(message) {
  const { line, visitor, chat } = message;
  const element = clone("line-template");
  Object.assign(element.dataset, { visitor, line });
  showWho(element, whoIs(message));
  const name = part(element, ".name");
  const words = texts.line[line]?.split("%{name}");
  if (words) name.parentElement?.replaceChildren(words[0], name, words[1] ?? "");
  else setText(name.parentElement, chat ?? "");
  return element;
}

/** @type {(message: HTMLElement) => boolean} */
const isStored = (message) => message.dataset.seq !== undefined;

/** @type {Partial<Record<LineKind, (line: Line, list: Shown) => void>>} */
const effects = {
  deleted({ message }, list) {
    const gone = list.find(message ?? "");
    if (gone) blank(gone);
  },
  cleared({ visitor, seq }, list) {
    const theirs = list.messages.filter((message) => message.dataset.visitor === visitor && isStored(message));
    for (const message of theirs) if (Number(message.dataset.seq) < seq) blank(message);
  },
};

/** @type {(line: Line, list: Shown) => void} Does to messages that are shown what a line says. */
export const applyLine = (line, list) => effects[line.line]?.(line, list);
