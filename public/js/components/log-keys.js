// The keys of the conversation: arrows go from message to message, and into one, to its links and buttons. Whoever begins to
// type there writes.
import { byId } from "../lib/dom.js";
import { PARTS } from "./log-stop.js";

const VERTICAL = ["ArrowUp", "ArrowDown"];
/** @type {Record<string, number | undefined>} */
const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/** @param {HTMLElement} list */
export function moveByKeys(list) {
  list.addEventListener("keydown", (event) => pressed(list, event));
}

/**
 * @param {HTMLElement} list
 * @param {KeyboardEvent} event
 */
function pressed(list, event) {
  const { key } = event;
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const row = target.closest(".message");
  if (key === "Enter" && target === row) {
    event.preventDefault();
    row.querySelector(".more:not([hidden])")?.click();
    return;
  }
  const to = row ? fromMessage(list, row, target, key) : fromList(list, key);
  if (to) {
    event.preventDefault();
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  } else if (key === "Process" || (key.length === 1 && key !== " ")) {
    // The key itself goes to the field, as do those that compose a syllable.
    byId("chat").focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {HTMLElement} target
 * @param {string} key
 */
function fromMessage(list, row, target, key) {
  if (key === "Escape") return target === row ? list : row;
  const isVertical = VERTICAL.includes(key);
  // Scrolled away from: one goes on with what is in sight.
  if (isVertical && !isSeen(list, row)) return fromList(list, key);
  const all = isVertical
    ? messages(list)
    : [row, ...row.querySelectorAll(PARTS)].filter((part) => part.checkVisibility());
  const step = STEPS[key];
  const at = all.indexOf(all.includes(target) ? target : row);
  return step && all[at + step];
}

/**
 * The last message that one sees some of.
 * @param {HTMLElement} list
 * @param {string} key
 */
function fromList(list, key) {
  if (!VERTICAL.includes(key)) return null;
  return messages(list).findLast((row) => isSeen(list, row));
}

/** @type {(list: HTMLElement, row: HTMLElement) => boolean} */
function isSeen(list, row) {
  const [{ top, bottom }, box] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  return box.top < bottom && box.bottom > top;
}

/** @type {(list: HTMLElement) => HTMLElement[]} */
const messages = (list) => [...list.querySelectorAll(".message")].filter((row) => row.checkVisibility());
