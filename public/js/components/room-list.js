// The list on main.html: rows come, change and go; focus and the count follow.
import { RoomList } from "../models/room-list.js";
import { byId, part, setText } from "../lib/dom.js";
import { makeRow, updateRow } from "./room-row.js";

export class RoomListView {
  #list = byId("room-list");
  #count = byId("room-count");
  #empty = byId("room-empty");
  #more = byId("rooms-more");
  #me = document.body.dataset.me;
  #later = "later" in document.body.dataset;
  #total = Number(byId("room-count").textContent);
  #rooms = new RoomList([...byId("room-list").children].map((row) => row.dataset.id));

  /**
   * Rows on a later page are kept up to date, but new rooms stand on the first.
   * @param {Room} room
   */
  add(room) {
    if (this.#rooms.has(room._id)) return this.update(room);
    this.#total += 1;
    if (!this.#later) this.#insert(room);
    this.#show();
  }

  /** @param {Room} room */
  update(room) {
    const row = this.#row(room._id);
    if (row) updateRow(row, room, this.#me);
  }

  /** @param {string} id */
  remove(id) {
    this.#total = Math.max(0, this.#total - 1);
    this.#take(id);
    this.#show();
  }

  /**
   * Takes over a fresh first page, so that nothing is missed that changed while the line was down.
   * @param {RoomPage} page
   */
  reconcile({ data, next, count, total }) {
    const complete = !next;
    if (this.#later) {
      for (const room of data) this.update(room);
      return;
    }
    const { gone, known, added } = this.#rooms.compare(data, complete);
    for (const id of gone) this.#take(id);
    for (const room of known) this.update(room);
    const firstKnown = data.findIndex((room) => known.includes(room));
    const newer = firstKnown < 0 ? added : added.filter((room) => data.indexOf(room) < firstKnown);
    for (const room of newer.reverse()) this.#insert(room);
    for (const room of added) if (!this.#rooms.has(room._id)) this.#insert(room, false);
    this.#total = total ?? (complete ? data.length : Math.max(this.#total + newer.length - gone.length, count));
    if (complete) this.#more.hidden = true;
    else if (known.length === 0 && data.length > 0) this.#offerMore(data[data.length - 1]);
    this.#show();
  }

  /** @param {Room} room */
  #insert(room, atTop = true) {
    this.#rooms.add(room);
    const row = makeRow(room, this.#me);
    row.classList.add("room--new");
    if (atTop) this.#list.prepend(row);
    else this.#list.append(row);
  }

  /** @param {string} id */
  #take(id) {
    if (!this.#rooms.remove(id)) return;
    const row = this.#row(id);
    if (row?.contains(document.activeElement)) this.#moveFocus(row);
    row?.remove();
  }

  /**
   * Whoever stood on the row that goes stands on the next one, or on the heading when it was the last.
   * @param {HTMLElement} row
   */
  #moveFocus(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const target = next?.querySelector(".join-btn[href]") ?? byId("hero-title");
    target.focus({ preventScroll: true });
  }

  /**
   * @param {string} id
   * @return {HTMLElement | null}
   */
  #row(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** @param {Room} last */
  #offerMore(last) {
    part(this.#more, "a").href = `/?after=${encodeURIComponent(last._id)}`;
    this.#more.hidden = false;
  }

  #show() {
    const none = this.#rooms.size === 0;
    setText(this.#count, String(this.#total));
    this.#count.hidden = this.#total === 0;
    this.#list.hidden = none;
    this.#empty.hidden = !none || this.#total > 0;
  }
}
