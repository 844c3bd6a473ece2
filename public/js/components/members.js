// Who is here: the panel, the numbers in the bar, the pile of marks.
import { byId, clone, part, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { fill, texts } from "../lib/texts.js";
import { showWho, whoIn, whoIs } from "../lib/who.js";
import { offersActions, openActions } from "./actions.js";

const PILE = 3;
// Who loads the page again is back by then, and was not away.
const RELOAD = 5_000;

export class MembersView {
  #list = byId("members-list");
  #me;
  #owner;
  /** @type {Map<string, HTMLElement>} */
  #members = new Map();
  #max = Number(byId("room-people").dataset.max);
  #count = 0;
  #seq = 0;
  /** @type {Map<string, Timer>} */
  #leaving = new Map();

  /**
   * @param {Who} me
   * @param {string} owner
   */
  constructor(me, owner) {
    this.#me = me;
    this.#owner = owner;
    for (const row of this.#list.children) {
      this.#members.set(row.dataset.id, row);
      part(row, ".more").hidden = !offersActions(this.#subject(row));
    }
    this.#count = Number(part(byId("members-btn"), ".num").textContent);
    this.#list.addEventListener("click", ({ target }) => {
      const more = /** @type {Element} */ (target).closest(".more");
      const row = more?.closest(".member");
      if (more && row) openActions(more, this.#subject(row));
    });
    // A window that grew has room for the column: the drawer over it closes.
    matchMedia("(min-width: 64rem)").addEventListener(
      "change",
      ({ matches }) => matches && byId("members").hidePopover(),
    );
  }

  /**
   * The whole list anew, as it was at a place of the room; rows that stay are kept, so that focus and scroll stay.
   * @param {Visitor[]} members
   * @param {number} seq
   * @param {string[]} away
   */
  replace(members, seq = this.#seq, away = []) {
    this.#seq = seq;
    const ids = new Set(members.map(({ id }) => id));
    for (const id of [...this.#members.keys()]) if (!ids.has(id)) this.#take(id);
    for (const member of members) this.#put(whoIs(member));
    this.awayAre(away);
    this.#count = members.length;
    this.#show();
  }

  /**
   * Exactly these members have no connection now.
   * @param {string[]} ids
   */
  awayAre(ids) {
    for (const id of this.#leaving.keys()) this.#forgetLeaving(id);
    for (const id of this.#members.keys()) this.#setAway(id, ids.includes(id));
  }

  /**
   * Whether it is not told any more who is here, for good or for a while.
   * @param {boolean} closed
   */
  close(closed) {
    const panel = byId("members");
    if (closed) panel.hidePopover();
    panel.inert = byId("members-btn").inert = this.#list.hidden = closed;
  }

  /**
   * A member's last connection was lost, or one is there again.
   * @param {string} id
   * @param {boolean} away
   */
  away(id, away) {
    this.#forgetLeaving(id);
    if (away)
      this.#leaving.set(
        id,
        setTimeout(() => this.#setAway(id, true), RELOAD),
      );
    else this.#setAway(id, false);
  }

  /**
   * Whoever goes or comes is not about to be away any more.
   * @param {string} id
   */
  #forgetLeaving(id) {
    clearTimeout(this.#leaving.get(id));
    this.#leaving.delete(id);
  }

  /**
   * @param {string} id
   * @param {boolean} away
   */
  #setAway(id, away) {
    const row = this.#members.get(id);
    if (!row) return;
    row.classList.toggle("member--away", away);
    part(row, ".member__away").hidden = !away;
  }

  /** Whether nobody else is here: all others are away, if there are any. */
  get deserted() {
    return [...this.#members].every(([id, row]) => id === this.#me.id || row.classList.contains("member--away"));
  }

  /** Whether nobody else has a seat. */
  get alone() {
    return this.#members.size === 1 && this.#members.has(this.#me.id);
  }

  /**
   * What a line says about who is here; one that is older than the list says nothing new.
   * @param {Line} message
   */
  line(message) {
    const { seq, line, visitor, count } = message;
    if (seq <= this.#seq) return;
    this.#seq = seq;
    if (line === "joined") this.#put(whoIs(message));
    else if (line === "left" || line === "kicked" || line === "banned") this.#take(visitor);
    this.#counted(count);
  }

  /**
   * Takes over how the room is now: its seats, and who owns it.
   * @param {Room} room
   */
  room({ max, count, visitor }) {
    this.#max = max;
    if (visitor && visitor !== this.#owner) this.#crown(visitor);
    this.#counted(count);
  }

  /**
   * Notes who is writing.
   * @param {Visitor[]} visitors
   */
  typing(visitors) {
    const ids = new Set(visitors.map(({ id }) => id));
    for (const [id, row] of this.#members) part(row, ".member__note").hidden = !ids.has(id);
  }

  /**
   * @param {HTMLElement} row
   * @return {Subject}
   */
  #subject(row) {
    const { id } = row.dataset;
    return { kind: "member", visitor: id, ...whoIn(row), mine: id === this.#me.id };
  }

  /** @param {string} id */
  #crown(id) {
    const before = this.#owner;
    this.#owner = id;
    for (const one of [before, id]) {
      const row = this.#members.get(one);
      if (!row) continue;
      part(row, ".member__owner").hidden = one !== id;
      const focused = row.contains(document.activeElement) && document.activeElement;
      row.remove();
      this.#insert(one, row);
      if (focused) focused.focus({ preventScroll: true });
    }
  }

  /** @param {number} count */
  #counted(count) {
    this.#count = count ?? this.#members.size;
    this.#show();
  }

  /** @param {Who} who */
  #put(who) {
    const { id } = who;
    this.#forgetLeaving(id);
    if (this.#members.has(id)) return;
    const row = clone("member-template");
    row.dataset.id = id;
    showWho(row, who);
    setText(part(row, ".num"), who.color);
    part(row, ".member__owner").hidden = id !== this.#owner;
    part(row, ".member__me").hidden = id !== this.#me.id;
    const more = part(row, ".more");
    more.setAttribute("aria-label", `${texts.chat.more}: ${who.name}`);
    more.hidden = !offersActions(this.#subject(row));
    this.#members.set(id, row);
    this.#insert(id, row);
  }

  /**
   * The owner first, then the others as they came: whoever comes in moves nobody.
   * @param {string} id
   * @param {HTMLElement} row
   */
  #insert(id, row) {
    if (id === this.#owner) this.#list.prepend(row);
    else this.#list.append(row);
  }

  /** @param {string} id */
  #take(id) {
    this.#forgetLeaving(id);
    const row = this.#members.get(id);
    if (row?.contains(document.activeElement)) byId("members-title").focus({ preventScroll: true });
    row?.remove();
    this.#members.delete(id);
  }

  #show() {
    const seats = { count: this.#count, max: this.#max };
    setText(byId("room-people"), fill(texts.chat.people, seats));
    keepFocus(() => {
      byId("start").hidden = !this.alone;
    }, byId("chat"));
    setText(byId("members-count"), `${seats.count}/${seats.max}`);
    const button = byId("members-btn");
    setText(part(button, ".num"), String(seats.count));
    const pile = part(button, ".pile");
    const marks = [...this.#list.querySelectorAll(".mark")].slice(0, PILE);
    const shown = [...pile.children].map((mark) => mark.getAttribute("src")).join();
    if (shown !== marks.map((mark) => mark.getAttribute("src")).join()) {
      pile.replaceChildren(...marks.map((mark) => mark.cloneNode()));
    }
  }
}
