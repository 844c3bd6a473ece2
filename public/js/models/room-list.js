// The open rooms as the page knows them, newest first. The page shows a prefix of the list; the rest is behind "more".

export class RoomList {
  /** @type {Map<string, Room | null>} */
  #rooms = new Map();

  /** @param {string[]} ids as the server rendered them */
  constructor(ids) {
    for (const id of ids) this.#rooms.set(id, null);
  }

  get size() {
    return this.#rooms.size;
  }

  /** @param {string} id */
  has(id) {
    return this.#rooms.has(id);
  }

  /** @param {Room} room */
  add(room) {
    this.#rooms.set(room._id, room);
  }

  /** @param {string} id */
  remove(id) {
    return this.#rooms.delete(id);
  }

  /**
   * What a fresh first page changes: rooms that are new, still there, or gone. Older rooms beyond it are kept.
   * @param {Room[]} fresh
   * @param {boolean} complete whether there are no others
   */
  compare(fresh, complete) {
    const ids = new Set(fresh.map((room) => room._id));
    const last = fresh.findLastIndex((room) => this.#rooms.has(room._id));
    const shown = [...this.#rooms.keys()];
    // Shown rooms that should stand within the span of the fresh page but are not in it have gone.
    const span = complete ? shown : shown.slice(0, last < 0 ? 0 : shown.indexOf(fresh[last]._id) + 1);
    return {
      gone: span.filter((id) => !ids.has(id)),
      known: fresh.filter((room) => this.#rooms.has(room._id)),
      added: fresh.filter((room) => !this.#rooms.has(room._id)),
    };
  }
}
