// #chat-list: a stretch of the room's history without a gap, then what waits to be sent. At most MOST rows are in the
// page; further ones are fetched as one scrolls, and those at the other end leave.
import { byId } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { openActions } from "./actions.js";
import { arrange, nextRow, takeOut } from "./grouping.js";
import { FrameQueue } from "./frame-queue.js";
import { Gifs } from "./gif.js";
import { applyLine, dateLine, makeLine, missedLine } from "./lines.js";
import { listenForKeys, takeFromTab } from "./log-stop.js";
import { adopt, makeMessage, store, subject } from "./message.js";
import { PageLoader } from "./page-loader.js";
import { Scroller } from "./scroller.js";
import { Unsent } from "./unsent.js";

const MOST = 200;
const PAGE = 50;
// So often a page with a certain message is asked for.
const TRIES = 3;

const seqOf = (row) => Number(row.dataset.seq);

export class MessageList {
  #box = byId("chat-list");
  #rows = byId("rows");
  #older = byId("older");
  #gone = byId("gone");
  #me;
  #isNews;
  /** The rows with a place in the history that are in the page, in order. */
  #shown;
  /** The seq that the shown rows reach to, and that of the room as far as it is known. */
  #last;
  #newest;
  #unsent;
  #entered;
  #told;
  #failed = () => {};
  #missed = null;
  #hurry = false;
  /** Lines that came while a page was on its way: it may be older than they are. */
  #meanwhile = [];
  #pages;
  #gifs;
  #frameQueue = new FrameQueue((changes) => this.#change(changes));
  #scroller;

  /**
   * `last` is the seq of the newest message that the server rendered; `isNews(row)` says what counts as unread.
   * `entered(element, message)` is told of each row that enters the page, without a message when the server rendered it, and
   * `told(line)` of each line that may be about others.
   */
  constructor({ room, me, last, isNews, entered, told }) {
    this.#isNews = isNews;
    this.#entered = entered;
    this.#told = told;
    this.#pages = new PageLoader(room, this.#box, () => this.#goOn());
    this.#me = me;
    this.#last = this.#newest = last;
    this.#shown = [...this.#rows.querySelectorAll("[data-seq]")];
    this.#unsent = new Unsent(this.#rows, me);
    this.#gifs = new Gifs(this.#rows);
    this.#scroller = new Scroller(this.#box, this.#rows, {
      reach: (where) => this.#reach(where),
      newest: () => this.#toNewest(),
    });
    this.#box.addEventListener("click", (event) => this.#clicked(event));
    this.#older.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      this.#loadOlder();
    });
  }

  /** Takes over what the server rendered, once everybody who decorates rows is there. */
  start() {
    listenForKeys(this.#box);
    this.#older.querySelector("a").tabIndex = -1;
    for (const row of this.#shown) {
      if (row.classList.contains("message")) adopt(row);
      else dateLine(row, row.querySelector("time").dateTime);
      arrange(row);
      this.#enters(row);
    }
    this.#scroller.look();
  }

  /** Calls back with `retry` or `delete` and the nonce of a message that is not stored. */
  onFailed(act) {
    this.#failed = act;
  }

  /** The row of a stored message, while it is in the page. */
  find(id) {
    return this.#rows.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** Whether the newest message is in the page. */
  get isWhole() {
    return this.#last >= this.#newest;
  }

  /** All messages that are in the page. */
  get messages() {
    return [...this.#rows.querySelectorAll(".message")];
  }

  /** Rows that the room has got, in order. */
  deliver(rows) {
    this.#frameQueue.add(...rows.map((row) => (follow, roomy) => this.#arrive(row, follow, roomy)));
  }

  /** The room is at `seq`, too far to show all up to there: one scrolls. So many were `missed` while the line was down. */
  leap(seq, missed) {
    this.#frameQueue.add(() => {
      this.#newest = seq;
      this.#scroller.unread(missed);
      this.#scroller.look();
    });
  }

  /** Says that so many messages came while the line was down; they follow below. `again` corrects the number. */
  missed(count, again) {
    this.#frameQueue.add(() => {
      const line = missedLine(count, again && this.#missed);
      if (again) return;
      this.#missed?.remove();
      this.#missed = line;
      this.#insert(line);
    });
  }

  /** Shows an own message that is not stored yet, or its new state. */
  showItem(item) {
    if (item.state === "sent" || item.state === "removed") return this.#frameQueue.add(() => this.#drop(item.nonce));
    const element = this.#unsent.show(item);
    if (!element) return;
    this.#rows.append(element);
    this.#settle(element);
    this.#enters(element, item.content);
    this.#toNewest();
  }

  /** Changes what is shown; what one reads stays where it is. */
  alter(change) {
    if (this.#scroller.atEnd) change();
    else this.#scroller.keep(change);
  }

  // All changes of a frame at once: who reads further up stays there, who is at the end goes along.
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

  // A row that does not fit is left for when one scrolls there; what a line says holds all the same.
  #arrive(row, follow, roomy) {
    if (row.seq <= this.#last) return;
    // Rows come in order; what lies between them does not exist.
    const next = this.#last >= this.#newest;
    this.#newest = Math.max(this.#newest, row.seq);
    if (next && (roomy || this.#shown.length < MOST)) this.#place(row, true);
    else this.#apply(row);
    if (row.line && this.#pages.loading) this.#meanwhile.push(row);
    if (!follow && this.#isNews(row)) this.#scroller.unread(1);
  }

  #place(row, fresh = false) {
    const first = this.#unsent.first;
    const waiting = row.nonce && row.visitor === this.#me.id && this.#unsent.release(row.nonce);
    const element = waiting ? this.#store(waiting, row, waiting === first) : this.#make(row);
    this.#last = row.seq;
    this.#apply(row);
    this.#shown.push(element);
    if (!waiting) {
      element.classList.toggle("message--new", fresh);
      this.#insert(element);
    }
    this.#settle(element);
    this.#enters(element, row);
  }

  #apply(row) {
    if (!row.line) return;
    applyLine(row, this);
    this.#told(row);
  }

  #make(row) {
    return row.line ? makeLine(row) : makeMessage(row, this.#me);
  }

  // What already stands in its place is not moved: moving would lose a selection and announce it again.
  #store(element, row, stays) {
    keepFocus(() => store(element, row, this.#me), this.#box);
    if (!stays) {
      takeOut(element);
      this.#insert(element);
    }
    return element;
  }

  #insert(element) {
    this.#rows.insertBefore(element, this.#unsent.edge);
  }

  #settle(element) {
    if (element.classList.contains("message")) byId("silence").hidden = true;
    arrange(element);
    const next = nextRow(element);
    if (next) arrange(next);
  }

  #enters(row, message) {
    this.#gifs.add(row);
    if (!row.classList.contains("message")) return;
    this.#entered(row, message);
    takeFromTab(row);
  }

  #drop(nonce) {
    const element = this.#unsent.release(nonce);
    if (!element) return;
    this.#leaves(element);
    takeOut(element);
  }

  #clicked({ target }) {
    const again = target.closest("[data-do]");
    if (again) {
      this.#failed(again.dataset.do, again.closest(".message").dataset.nonce);
      this.#box.focus({ preventScroll: true });
    }
    const more = target.closest(".more");
    if (more) openActions(more, subject(more.closest(".message")));
  }

  #reach(where) {
    if (where === "top") return this.#loadOlder();
    if (this.#last < this.#newest) return this.#loadNewer();
    if (this.#scroller.atEnd) this.#scroller.read();
  }

  #loadOlder() {
    const first = this.#shown[0];
    if (this.#older.hidden || !first) return;
    return this.#pages.load(`before=${seqOf(first)}&limit=${PAGE}`, (page, kept) => {
      // Meanwhile it has left the page.
      if (first !== this.#shown[0]) return;
      const rows = page.map((row) => this.#make(row));
      this.#rows.prepend(...rows);
      rows.forEach((element, n) => {
        this.#settle(element);
        this.#enters(element, page[n]);
      });
      this.#shown.unshift(...rows);
      this.#setOlder(page.length > 0 && page[0].seq > kept, kept);
      this.#scroller.keep(() => this.#trimEnd());
    });
  }

  #loadNewer() {
    return this.#pages.load(`after=${this.#last}&limit=${PAGE}`, (page) => {
      this.#scroller.keep(() => {
        for (const row of page) if (row.seq > this.#last) this.#place(row);
      });
      this.#trimTop();
      // Nothing there although it was announced: the room has lost it, and there is nothing to wait for.
      if (page.length === 0) this.#last = this.#newest;
    });
  }

  #toNewest() {
    this.#scroller.toEnd();
    const wanted = this.#newest;
    this.#hurry = this.#pages.loading || this.#last < wanted;
    if (this.#last >= wanted) return;
    this.#pages.load(`limit=${PAGE}`, (page, kept) => {
      this.#replace(page, kept);
      this.#last = Math.max(this.#last, wanted);
      this.#scroller.toEnd();
    });
  }

  /** Gives the row of a stored message, fetched with what stands around it unless it is in the page; none if it can't be. */
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

  // Another stretch of the history takes the place of what is shown.
  #replace(page, kept) {
    for (const row of this.#shown) this.#leaves(row);
    const { first } = this.#unsent;
    while (this.#rows.firstChild && this.#rows.firstChild !== first) this.#rows.firstChild.remove();
    this.#shown = [];
    for (const row of page) this.#place(row);
    this.#setOlder(page.length > 0 && page[0].seq > kept, kept);
  }

  // A page has come, or could not. Who has scrolled up meanwhile is in no hurry any more.
  #goOn() {
    for (const line of this.#meanwhile.splice(0)) this.#apply(line);
    if (this.#hurry && this.#scroller.atEnd) this.#toNewest();
    else this.#hurry = false;
    this.#scroller.look();
  }

  // Whether there is more before what is shown, and from which place on the room keeps anything.
  #setOlder(more, kept = 1) {
    if (!more && this.#older.contains(document.activeElement)) this.#box.focus({ preventScroll: true });
    this.#older.hidden = !more;
    this.#gone.hidden = more || kept <= 1;
    if (more) this.#older.querySelector("a").search = `?before=${seqOf(this.#shown[0])}`;
  }

  #trimTop() {
    const rest = this.#shown[this.#shown.length - MOST];
    if (!rest || rest === this.#shown[0]) return;
    for (const row of this.#shown.splice(0, this.#shown.length - MOST)) this.#leaves(row);
    while (this.#rows.firstElementChild !== rest) this.#rows.firstElementChild.remove();
    arrange(rest);
    this.#setOlder(true);
  }

  #trimEnd() {
    const last = this.#shown[MOST - 1];
    if (this.#shown.length <= MOST) return;
    for (const row of this.#shown.splice(MOST)) this.#leaves(row);
    const { first } = this.#unsent;
    while (last.nextElementSibling !== first) last.nextElementSibling.remove();
    this.#last = seqOf(last);
    if (first) arrange(first);
  }

  // A row that leaves takes no focus with it.
  #leaves(row) {
    this.#gifs.remove(row);
    if (row.contains(document.activeElement)) this.#box.focus({ preventScroll: true });
  }
}
