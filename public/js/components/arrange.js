// How neighbours in the list depend on each other: a line where a day begins, one head for one visitor in a row.
import { clone } from "../lib/dom.js";
import { dayKey, dayName } from "../lib/format.js";
import { texts } from "../lib/texts.js";

const GROUP = 5 * 60_000;

const when = (message) => new Date(message.querySelector(".message__time").dateTime);

/** Sets a message right against what stands before it. */
export function arrange(message) {
  const { before, day } = lookBack(message);
  const date = when(message);
  const key = dayKey(date);
  const fresh = !before || dayKey(when(before)) !== key;
  if (fresh && !day) message.before(dayLine(date, key));
  if (!fresh) day?.remove();
  const touching = before && message.previousElementSibling === before;
  const pause = touching ? date - when(before) : Infinity;
  const same = touching && before.dataset.visitor === message.dataset.visitor;
  message.classList.toggle("message--more", Boolean(same && pause >= -GROUP && pause < GROUP));
}

/** The next message after an element, if any. */
export function nextMessage(element) {
  let next = element?.nextElementSibling;
  while (next && !next.classList.contains("message")) next = next.nextElementSibling;
  return next;
}

/** Removes an element together with a day line that only stood for it. */
export function takeOut(element) {
  const next = nextMessage(element);
  const { day } = lookBack(element);
  element.remove();
  if (next) arrange(next);
  else day?.remove();
}

function lookBack(message) {
  let day = null;
  let before = message.previousElementSibling;
  while (before && !before.classList.contains("message")) {
    if (before.classList.contains("day")) day = before;
    before = before.previousElementSibling;
  }
  return { before, day };
}

function dayLine(date, key) {
  const line = clone("day-template");
  const time = line.querySelector("time");
  time.dateTime = key;
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (key === dayKey(today)) time.textContent = texts.talk.today;
  else time.textContent = key === dayKey(yesterday) ? texts.talk.yesterday : dayName(date);
  return line;
}
