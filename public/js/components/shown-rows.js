// The rows that are in the page: a stretch of the room's history without a gap, at most MOST of it, then what waits to be
// sent.
import { byId } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { Gifs } from "./gif.js";
import { DAY, arrange, nextRow, takeOut } from "./grouping.js";
import { applyLine, dateLine, makeLine } from "./lines.js";
import { takeFromTab } from "./log-stop.js";
import { adopt, makeMessage, makePending, setState, store } from "./message.js";

const MOST = 200;

/** @type {(row: HTMLElement) => number} */
const seqOf = (row) => Number(row.dataset.seq);

export class ShownRows {
  #box = byId("chat-list");
  #rows = byId("rows");
  /** Those with a place in the history, in order. */
  #shown = [...this.#rows.querySelectorAll("[data-seq]")];
  #gifs = new Gifs(this.#rows);
  /**
   * Own messages that are not stored yet, by their nonces, in the order in which they stand behind the history.
   * @type {Map<string, HTMLElement>}
   */
  #unsent = new Map();
  #me;
  #entered;
  #told;

  /**
   * `last` is the seq of the newest message that the server rendered. `entered(element, message)` is told of each row that
   * enters the page, without a message when the server rendered it, and `told(line)` of each line that may be about others.
   * @param {{
   *   me: Who,
   *   last: number,
   *   entered: (element: HTMLElement, message?: Partial<Message>) => void,
   *   told: (line: Line) => void,
   * }} made
   */
  constructor({ me, last, entered, told }) {
    this.#me = me;
    /** The seq that they reach to. */
    this.last = last;
    this.#entered = entered;
    this.#told = told;
  }

  /** Takes over what the server rendered. */
  start() {
    for (const row of this.#shown) {
      if (row.classList.contains("message")) adopt(row);
      else dateLine(row, row.querySelector("time")?.dateTime ?? "");
      arrange(row);
      this.#enters(row);
    }
  }

  /**
   * The row of a stored message.
   * @param {string} id
   */
  find(id) {
    return this.#rows.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** All messages. */
  get messages() {
    return [...this.#rows.querySelectorAll(".message")];
  }

  /** The seq of the first; none if nothing of the history is shown. */
  get first() {
    return this.#shown[0] && seqOf(this.#shown[0]);
  }

  get full() {
    return this.#shown.length >= MOST;
  }

  /**
   * Puts the next row of the history in its place.
   * @param {Row} row
   */
  place(row, fresh = false) {
    const [first] = this.#unsent.values();
    const waiting = row.nonce && row.visitor === this.#me.id && this.#release(row.nonce);
    const element = waiting ? this.#store(waiting, row, waiting === first) : this.#make(row);
    this.last = row.seq;
    this.apply(row);
    this.#shown.push(element);
    if (!waiting) {
      element.classList.toggle("message--new", fresh);
      this.insert(element);
    }
    this.#settle(element);
    this.#enters(element, row);
  }

  /**
   * Does what a row says, if it is a line.
   * @param {Row} row
   */
  apply(row) {
    if (!row.line) return;
    applyLine(row, this);
    this.#told(row);
  }

  /**
   * Puts a page of the history before the first row.
   * @param {Row[]} page
   */
  prepend(page) {
    const rows = page.map((row) => this.#make(row));
    this.#rows.prepend(...rows);
    rows.forEach((element, n) => {
      this.#settle(element);
      this.#enters(element, page[n]);
    });
    this.#shown.unshift(...rows);
  }

  /**
   * Puts an element behind the history: before the first message that waits, and the day line that belongs to that.
   * @param {HTMLElement} element
   */
  insert(element) {
    const [first = null] = this.#unsent.values();
    const line = first?.previousElementSibling;
    this.#rows.insertBefore(element, line?.matches(DAY) ? line : first);
  }

  /**
   * Shows an own message that is not stored yet, or its new state; whether it is new here.
   * @param {UnsentItem} item
   */
  show(item) {
    const { nonce, state, why, final, dress } = item;
    const known = this.#unsent.get(nonce);
    const element = known ?? makePending(item, this.#me);
    this.#unsent.set(nonce, element);
    setState(element, state, why, final);
    dress?.(element);
    if (known) return false;
    this.#rows.append(element);
    this.#settle(element);
    this.#enters(element, item.content);
    return true;
  }

  /**
   * Takes out an own message that waits no more.
   * @param {string} nonce
   */
  drop(nonce) {
    const element = this.#release(nonce);
    if (!element) return;
    this.#leaves(element);
    takeOut(element);
  }

  /** Takes the whole stretch of the history out. */
  clear() {
    for (const row of this.#shown.splice(0)) this.#leaves(row);
    const [first] = this.#unsent.values();
    removeAll(this.#rows.firstChild, first);
  }

  /** Takes the first rows out that are too many; whether there were any. */
  trimTop() {
    const many = this.#shown.length - MOST;
    if (many <= 0) return false;
    for (const row of this.#shown.splice(0, many)) this.#leaves(row);
    const [rest] = this.#shown;
    removeAll(this.#rows.firstChild, rest);
    arrange(rest);
    return true;
  }

  /** Takes the last rows of the history out that are too many. */
  trimEnd() {
    if (this.#shown.length <= MOST) return;
    for (const row of this.#shown.splice(MOST)) this.#leaves(row);
    const last = this.#shown[MOST - 1];
    const [first] = this.#unsent.values();
    removeAll(last.nextSibling, first);
    this.last = seqOf(last);
    if (first) arrange(first);
  }

  /**
   * The element of a message that waits no more, if there is one.
   * @param {string} nonce
   */
  #release(nonce) {
    const element = this.#unsent.get(nonce);
    this.#unsent.delete(nonce);
    return element;
  }

  /**
   * @param {Row} row
   * @return {HTMLElement}
   */
  #make(row) {
    return row.line ? makeLine(row) : makeMessage(row, this.#me);
  }

  /**
   * What already stands in its place is not moved: moving would lose a selection and announce it again.
   * @param {HTMLElement} element
   * @param {Message} row
   * @param {boolean} stays
   */
  #store(element, row, stays) {
    keepFocus(() => store(element, row, this.#me), this.#box);
    if (!stays) {
      takeOut(element);
      this.insert(element);
    }
    return element;
  }

  /** @param {HTMLElement} element */
  #settle(element) {
    if (element.classList.contains("message")) byId("silence").hidden = true;
    arrange(element);
    const next = nextRow(element);
    if (next) arrange(next);
  }

  /**
   * @param {HTMLElement} row
   * @param {Row | Content} [message]
   */
  #enters(row, message) {
    this.#gifs.add(row);
    if (!row.classList.contains("message")) return;
    this.#entered(row, /** @type {Partial<Message>} */ (message));
    takeFromTab(row);
  }

  /**
   * A row that leaves takes no focus with it.
   * @param {HTMLElement} row
   */
  #leaves(row) {
    this.#gifs.remove(row);
    if (row.contains(document.activeElement)) this.#box.focus({ preventScroll: true });
  }
}

/**
 * Removes what stands from a place on until `end`.
 * @param {ChildNode | null} from
 * @param {ChildNode} [end]
 */
function removeAll(from, end) {
  while (from && from !== end) {
    const next = from.nextSibling;
    from.remove();
    from = next;
  }
}
