// How neighbours in the list depend on each other: a line where a day begins, one head for one visitor in a row.
import { clone } from "../lib/dom.js";
import { dayKey, dayName } from "../lib/format.js";
import { texts } from "../lib/texts.js";

const GROUP = 5 * 60_000;

const isRow = (element) => element.dataset.at !== undefined;
const isMessage = (element) => element.classList.contains("message");
const when = (row) => new Date(row.dataset.at);

/** Sets a row right against what stands before it. */
export function arrange(row) {
  const { before, day } = lookBack(row);
  const date = when(row);
  const key = dayKey(date);
  const fresh = !before || dayKey(when(before)) !== key;
  if (!fresh) day?.remove();
  else if (day) nameDay(day, date, key);
  else row.before(nameDay(clone("day-template"), date, key));
  if (!isMessage(row)) return;
  const touching = before && row.previousElementSibling === before && isMessage(before);
  const pause = touching ? date - when(before) : Infinity;
  const same = touching && before.dataset.visitor === row.dataset.visitor && !before.dataset.whisper && !row.dataset.whisper;
  row.classList.toggle("message--more", Boolean(same && pause >= -GROUP && pause < GROUP));
}

/** The next row after an element, if any. */
export function nextRow(element) {
  let next = element?.nextElementSibling;
  while (next && !isRow(next)) next = next.nextElementSibling;
  return next;
}

/** Removes a row together with a day line that only stood for it. */
export function takeOut(row) {
  const next = nextRow(row);
  const { day } = lookBack(row);
  row.remove();
  if (next) arrange(next);
  else day?.remove();
}

function lookBack(row) {
  let day = null;
  let before = row.previousElementSibling;
  while (before && !isRow(before)) {
    if (before.classList.contains("day") && !before.classList.contains("day--missed")) day = before;
    before = before.previousElementSibling;
  }
  return { before, day };
}

function nameDay(line, date, key) {
  const time = line.querySelector("time");
  time.dateTime = key;
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (key === dayKey(today)) time.textContent = texts.talk.today;
  else time.textContent = key === dayKey(yesterday) ? texts.talk.yesterday : dayName(date);
  return line;
}
