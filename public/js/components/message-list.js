// #chat-list: a stretch of the room's history without a gap, then what waits to be sent. Only some rows are in the page;
// further ones are fetched as one scrolls, and those at the other end leave.
import { byId, part } from "../lib/dom.js";
import { openActions } from "./actions.js";
import { FrameQueue } from "./frame-queue.js";
import { missedLine } from "./lines.js";
import { listenForKeys } from "./log-stop.js";
import { subject } from "./message.js";
import { PageLoader } from "./page-loader.js";
import { Scroller } from "./scroller.js";
import { ShownRows } from "./shown-rows.js";

const PAGE = 50;
// So often a page with a certain message is asked for.
const TRIES = 3;

/**
 * A change of the list: whether it follows the newest message, and whether there is room for more rows.
 * @typedef {(follow: boolean, roomy: boolean) => void} Change
 */

export class MessageList {
  #box = byId("chat-list");
  #older = byId("older");
  #gone = byId("gone");
  #isNews;
  #rows;
  /** The seq that the room has reached as far as it is known. */
  #newest;
  /** @type {(what: string, nonce: string) => void} */
  #failed = () => {};
  /** @type {HTMLElement | null} */
  #missed = null;
  /** @type {unknown} */
  #hurry = false;
  /**
   * Lines that came while a page was on its way: it may be older than they are.
   * @type {Line[]}
   */
  #meanwhile = [];
  #pages;
  /** @type {FrameQueue<Change>} */
  #frameQueue = new FrameQueue((changes) => this.#change(changes));
  #scroller;

  /**
   * `isNews(row)` says what counts as unread, the rest is for the rows.
   * @param {{ room: string, isNews: (row: Row) => boolean } & ConstructorParameters<typeof ShownRows>[0]} made
   */
  constructor({ room, isNews, ...rows }) {
    this.#isNews = isNews;
    this.#pages = new PageLoader(room, this.#box, () => this.#goOn());
    this.#rows = new ShownRows(rows);
    this.#newest = rows.last;
    this.#scroller = new Scroller(this.#box, byId("rows"), {
      reach: (where) => this.#reach(where),
      newest: () => this.#toNewest(),
    });
    this.#box.addEventListener("click", (event) => this.#clicked(event));
    part(this.#older, "a").addEventListener("click", (event) => {
      event.preventDefault();
      this.#loadOlder();
    });
  }

  /** Takes over what the server rendered, once everybody who decorates rows is there. */
  start() {
    listenForKeys(this.#box);
    part(this.#older, "a").tabIndex = -1;
    this.#rows.start();
    this.#scroller.look();
  }

  /**
   * Calls back with `retry` or `delete` and the nonce of a message that is not stored.
   * @param {(what: string, nonce: string) => void} act
   */
  onFailed(act) {
    this.#failed = act;
  }

  /**
   * The row of a stored message, while it is in the page.
   * @param {string} id
   */
  find(id) {
    return this.#rows.find(id);
  }

  /** Whether the newest message is in the page. */
  get isWhole() {
    return this.#rows.last >= this.#newest;
  }

  /** All messages that are in the page. */
  get messages() {
    return this.#rows.messages;
  }

  /**
   * Rows that the room has got, in order.
   * @param {Row[]} rows
   */
  deliver(rows) {
    /** @type {Change[]} */
    const changes = rows.map((row) => (follow, roomy) => this.#arrive(row, follow, roomy));
    this.#frameQueue.add(...changes);
  }

  /**
   * The room is at `seq`, too far to show all up to there: one scrolls. So many were `missed` while the line was down.
   * @param {number} seq
   * @param {number} missed
   */
  leap(seq, missed) {
    this.#frameQueue.add(() => {
      this.#newest = seq;
      this.#scroller.unread(missed);
      this.#scroller.look();
    });
  }

  /**
   * Says that so many messages came while the line was down; they follow below. `again` corrects the number.
   * @param {number} count
   * @param {boolean} again
   */
  missed(count, again) {
    this.#frameQueue.add(() => {
      const line = missedLine(count, again ? this.#missed : null);
      if (again) return;
      this.#missed?.remove();
      this.#missed = line;
      this.#rows.insert(line);
    });
  }

  /**
   * Shows an own message that is not stored yet, or its new state.
   * @param {UnsentItem | { nonce: string, state: "removed" }} item
   */
  showItem(item) {
    if (item.state === "sent" || item.state === "removed") this.#frameQueue.add(() => this.#rows.drop(item.nonce));
    else if (this.#rows.show(item)) this.#toNewest();
  }

  /**
   * Changes what is shown; what one reads stays where it is.
   * @param {() => void} change
   */
  alter(change) {
    if (this.#scroller.atEnd) change();
    else this.#scroller.keep(change);
  }

  /**
   * All changes of a frame at once: who reads further up stays there, who is at the end goes along.
   * @param {Change[]} changes
   */
  #change(changes) {
    const follow = this.#scroller.atEnd;
    const roomy = follow || this.#scroller.deep;
    const apply = () => {
      for (const change of changes) change(follow, roomy);
    };
    if (follow) apply();
    else this.#scroller.keep(apply);
    if (roomy) this.#trimTop();
  }

  /**
   * A row that does not fit is left for when one scrolls there; what a line says holds all the same.
   * @param {Row} row
   * @param {boolean} follow
   * @param {boolean} roomy
   */
  #arrive(row, follow, roomy) {
    if (row.seq <= this.#rows.last) return;
    // Rows come in order; what lies between them does not exist.
    const next = this.isWhole;
    this.#newest = Math.max(this.#newest, row.seq);
    if (next && (roomy || !this.#rows.full)) this.#rows.place(row, true);
    else this.#rows.apply(row);
    if (row.line && this.#pages.loading) this.#meanwhile.push(row);
    if (!follow && this.#isNews(row)) this.#scroller.unread(1);
  }

  /** @param {Event} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest(".message");
    const nonce = row?.dataset.nonce;
    const again = target.closest("[data-do]");
    if (again && nonce) {
      this.#failed(again.dataset.do, nonce);
      this.#box.focus({ preventScroll: true });
    }
    const more = target.closest(".more");
    if (more && row) openActions(more, subject(row));
  }

  /** @param {"top" | "end"} where */
  #reach(where) {
    if (where === "top") this.#loadOlder();
    else if (!this.isWhole) this.#loadNewer();
    else if (this.#scroller.atEnd) this.#scroller.read();
  }

  #loadOlder() {
    const { first } = this.#rows;
    if (this.#older.hidden || !first) return;
    this.#pages.load(`before=${first}&limit=${PAGE}`, (page, kept) => {
      // Meanwhile it has left the page.
      if (first !== this.#rows.first) return;
      this.#rows.prepend(page);
      this.#setOlder(page.length > 0 && page[0].seq > kept, kept);
      this.#scroller.keep(() => this.#rows.trimEnd());
    });
  }

  #loadNewer() {
    this.#pages.load(`after=${this.#rows.last}&limit=${PAGE}`, (page) => {
      this.#scroller.keep(() => {
        for (const row of page) if (row.seq > this.#rows.last) this.#rows.place(row);
      });
      this.#trimTop();
      // Nothing there although it was announced: the room has lost it, and there is nothing to wait for.
      if (page.length === 0) this.#rows.last = this.#newest;
    });
  }

  #toNewest() {
    this.#scroller.toEnd();
    const wanted = this.#newest;
    this.#hurry = this.#pages.loading || this.#rows.last < wanted;
    if (this.#rows.last >= wanted) return;
    this.#pages.load(`limit=${PAGE}`, (page, kept) => {
      this.#replace(page, kept);
      this.#rows.last = Math.max(this.#rows.last, wanted);
      this.#scroller.toEnd();
    });
  }

  /**
   * Gives the row of a stored message, fetched with what stands around it unless it is in the page; none if it can't be.
   * @param {string} id
   * @param {number} seq
   */
  async reach(id, seq) {
    const around = `before=${seq + PAGE / 2}&limit=${PAGE}`;
    for (let tries = 0; tries < TRIES && !this.find(id); tries += 1) {
      await (this.#pages.loading ??
        this.#pages.load(around, (page, kept) => {
          this.#replace(page, kept);
          this.find(id)?.scrollIntoView({ block: "center" });
        }));
    }
    return this.find(id);
  }

  /**
   * Another stretch of the history takes the place of what is shown.
   * @param {Row[]} page
   * @param {number} kept
   */
  #replace(page, kept) {
    this.#rows.clear();
    for (const row of page) this.#rows.place(row);
    this.#setOlder(page.length > 0 && page[0].seq > kept, kept);
  }

  // A page has come, or could not. Who has scrolled up meanwhile is in no hurry any more.
  #goOn() {
    for (const line of this.#meanwhile.splice(0)) this.#rows.apply(line);
    if (this.#hurry && this.#scroller.atEnd) this.#toNewest();
    else this.#hurry = false;
    this.#scroller.look();
  }

  #trimTop() {
    if (this.#rows.trimTop()) this.#setOlder(true);
  }

  /**
   * Whether there is more before what is shown, and from which place on the room keeps anything.
   * @param {boolean} more
   */
  #setOlder(more, kept = 1) {
    if (!more && this.#older.contains(document.activeElement)) this.#box.focus({ preventScroll: true });
    this.#older.hidden = !more;
    this.#gone.hidden = more || kept <= 1;
    if (more) part(this.#older, "a").search = `?before=${this.#rows.first}`;
  }
}
