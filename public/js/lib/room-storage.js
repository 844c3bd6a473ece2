// What has to survive a reload, per room and tab. If the browser refuses storage, it is not kept.
import { newNonce } from "./nonce.js";

/** What a tab keeps when it has, or had, files to send. */
export const HAS_FILES = "files";

export class RoomStorage {
  #key;

  constructor(room) {
    this.#key = (what) => `gifchat:${room}:${what}`;
  }

  read(what, otherwise) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key(what))) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  /** What tells this tab from the others in the room. */
  get tab() {
    const tab = this.read("tab", newNonce());
    this.write("tab", tab);
    return tab;
  }

  write(what, value) {
    const empty = value === "" || value?.length === 0;
    try {
      if (empty) sessionStorage.removeItem(this.#key(what));
      else sessionStorage.setItem(this.#key(what), JSON.stringify(value));
    } catch {
      /* full or forbidden */
    }
  }
}
