// What the room is like, as the bar says it and as sheets and slow mode need it.
import { byId, setHue, setText } from "../lib/dom.js";
import { ownerOf, showName } from "../lib/who.js";

export class RoomFacts {
  #me;
  owner = document.body.dataset.owner;
  title = byId("room-title").textContent;
  max = Number(byId("room-people").dataset.max);
  locked = !byId("room-lock").hidden;
  closed = !byId("room-closed").hidden;
  /** Seconds between two messages of one person. */
  slow = Number(document.body.dataset.slow);
  /** Whether people of one network may take all seats. */
  crowd = "crowd" in document.body.dataset;

  /** @param {Who} me */
  constructor(me) {
    this.#me = me;
  }

  /** Whether one owns the room. */
  get mine() {
    return this.owner === this.#me.id;
  }

  /**
   * Takes over how the room is now.
   * @param {Room} room
   */
  update(room) {
    const { title, max, password, closed, slow, crowd, visitor } = room;
    const owner = ownerOf(room);
    Object.assign(this, { title, max, locked: password, closed, slow, crowd, owner: visitor });
    setText(byId("room-title"), title);
    byId("room-lock").hidden = !password;
    byId("room-closed").hidden = !closed;
    showName(byId("room-owner"), owner);
    setHue(byId("room-owner"), owner.hue);
  }
}
