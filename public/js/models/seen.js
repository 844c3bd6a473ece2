// Up to when the whispers of each have been seen, in any tab: kept by the browser for the rooms lately whispered in.

const KEY = "gifchat:whispers-seen";
const MOST = 20;

export class Seen {
  #room;
  /** @type {Record<string, string>} */
  #times = {};

  /**
   * @param {string} room
   * @param {() => void} changed is told when something was seen in another tab
   */
  constructor(room, changed) {
    this.#room = room;
    this.#read();
    addEventListener("storage", ({ key }) => {
      if (key !== KEY) return;
      this.#read();
      changed();
    });
  }

  /**
   * Whispers of somebody up to this time have been seen.
   * @param {string} id
   */
  until(id) {
    return this.#times[id] ?? "";
  }

  /**
   * @param {string} id
   * @param {string} time
   */
  mark(id, time) {
    if (time <= this.until(id)) return;
    const rooms = this.#read();
    this.#times[id] = time;
    rooms.delete(this.#room);
    rooms.set(this.#room, this.#times);
    try {
      localStorage.setItem(KEY, JSON.stringify([...rooms].slice(-MOST)));
    } catch {
      /* then for this page only */
    }
  }

  #read() {
    /** @type {Map<string, Record<string, string>>} */
    let rooms = new Map();
    try {
      rooms = new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
    } catch {
      /* nothing was kept */
    }
    for (const [id, time] of Object.entries(rooms.get(this.#room) ?? {}))
      if (time > this.until(id)) this.#times[id] = time;
    return rooms;
  }
}
