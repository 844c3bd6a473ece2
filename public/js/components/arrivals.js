// Arrivals in a row, folded into one line: the first of them speaks for all.
import { part } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";

// From so many on; of these the first are named.
const FEW = 3;
const NAMED = 2;

/**
 * @param {Element | null} row
 * @return {row is HTMLElement}
 */
const isArrival = (row) => Boolean(row?.matches(".system[data-line=joined]"));

/**
 * Folds the run of arrivals that a row begins or ends, as it is now.
 * @param {HTMLElement} row
 */
export function foldArrivals(row) {
  if (isArrival(row.previousElementSibling) && isArrival(row.nextElementSibling)) return;
  let head = row;
  while (isArrival(head.previousElementSibling)) head = head.previousElementSibling;
  const run = [];
  for (let /** @type {Element | null} */ next = head; isArrival(next); next = next.nextElementSibling) run.push(next);
  const folds = run.length >= FEW;
  for (const [place, one] of run.entries()) {
    one.classList.toggle("system--folded", folds && place > 0);
    if (!folds || place > 0) one.querySelector(".system__all")?.remove();
  }
  if (folds) part(head, "time").before(sentence(head, run));
}

/**
 * @param {HTMLElement} head
 * @param {HTMLElement[]} run
 */
function sentence(head, run) {
  const line = head.querySelector(".system__all") ?? document.createElement("span");
  line.className = "system__all";
  const named = run.slice(0, Math.min(NAMED, run.length - NAMED)).map(nameOf);
  const [before, after] = texts.line.joined_many
    .split("%{names}")
    .map((words) => fill(words, { n: run.length - named.length }));
  line.replaceChildren(before, ...named.flatMap((name, place) => (place > 0 ? [", ", name] : [name])), after);
  return line;
}

/** @param {HTMLElement} row */
function nameOf(row) {
  const name = part(row, ".name").cloneNode(true);
  name.classList.add([...row.classList].find((one) => one.startsWith("hue-")) ?? "hue-none");
  return name;
}
