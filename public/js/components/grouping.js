// Groups neighbouring rows: a separator where a day begins, one header for consecutive messages of a visitor.
import { clone, part, setText } from "../lib/dom.js";
import { dayKey, dayName } from "../lib/format.js";
import { isSameGroup } from "../lib/looks.js";
import { texts } from "../lib/texts.js";
import { foldArrivals } from "./arrivals.js";

/** A line where a day begins. */
export const DAY = ".day:not(.day--missed)";

/** @type {(element: HTMLElement) => boolean} */
const isRow = (element) => element.dataset.at !== undefined;
/** @type {(element: Element) => boolean} */
const isMessage = (element) => element.classList.contains("message");
/** @type {(row: HTMLElement) => Date} */
const when = (row) => new Date(row.dataset.at);
/** @type {(row: HTMLElement) => import("../lib/looks.js").Grouped} */
const facts = (row) => ({ visitor: row.dataset.visitor, at: when(row).getTime() });

/**
 * Sets a row right against what stands before it; for a line that is hidden, the next row.
 * @param {HTMLElement} place
 */
export function arrange(place) {
  const row = isRow(place) ? place : nextRow(place);
  if (!row) return;
  const { before, day, touching } = lookBack(row);
  const date = when(row);
  const key = dayKey(date);
  const fresh = !before || dayKey(when(before)) !== key;
  if (!fresh) day?.remove();
  else if (day) nameDay(day, key);
  else beginDay(row, key);
  if (!isMessage(row)) {
    if (row.dataset.line === "joined") foldArrivals(row);
    return;
  }
  const follows = !fresh && touching && isMessage(before) && isSameGroup(facts(before), facts(row));
  row.classList.toggle("message--more", follows);
}

/**
 * The next row after an element, if any.
 * @param {HTMLElement} element
 */
export function nextRow(element) {
  let next = element.nextElementSibling;
  while (next && !isRow(next)) next = next.nextElementSibling;
  return next;
}

/**
 * Removes a row together with a day line that only stood for it.
 * @param {HTMLElement} row
 */
export function takeOut(row) {
  const next = nextRow(row);
  const { day } = lookBack(row);
  row.remove();
  if (next) arrange(next);
  else day?.remove();
}

/**
 * What stands before a row, the day line between, and whether nothing else is to be seen there.
 * @param {HTMLElement} row
 */
function lookBack(row) {
  /** @type {HTMLElement | null} */
  let day = null;
  let touching = true;
  let before = row.previousElementSibling;
  while (before && !isRow(before)) {
    if (before.matches(DAY)) day = before;
    else if (!before.hidden) touching = false;
    before = before.previousElementSibling;
  }
  return { before, day, touching };
}

/**
 * With a new day, what was today may be yesterday.
 * @param {HTMLElement} row
 * @param {string} key
 */
function beginDay(row, key) {
  const line = clone("day-template");
  row.before(line);
  nameDay(line, key);
  for (const other of row.parentElement?.querySelectorAll(DAY) ?? []) nameDay(other, part(other, "time").dateTime);
}

/**
 * @param {HTMLElement} line
 * @param {string} key
 */
function nameDay(line, key) {
  const time = part(line, "time");
  time.dateTime = key;
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (key === dayKey(today)) setText(time, texts.talk.today);
  else setText(time, key === dayKey(yesterday) ? texts.talk.yesterday : dayName(new Date(`${key}T00:00`)));
}
