// What has to survive a reload, per room and tab. If the browser refuses storage, it is not kept.
import { newNonce } from "./nonce.js";

/** What a tab keeps when it has, or had, files to send. */
export const HAS_FILES = "files";

export class RoomStorage {
  #key;

  /** @param {string} room */
  constructor(room) {
    /** @type {(what: string) => string} */
    this.#key = (what) => `gifchat:${room}:${what}`;
  }

  /**
   * @template Value
   * @param {string} what
   * @param {Value} otherwise
   * @return {Value}
   */
  read(what, otherwise) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key(what)) ?? "null") ?? otherwise;
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

  /**
   * @param {string} what
   * @param {unknown} value what is empty is not kept
   */
  write(what, value) {
    const empty = value === "" || (Array.isArray(value) && value.length === 0);
    try {
      if (empty) sessionStorage.removeItem(this.#key(what));
      else sessionStorage.setItem(this.#key(what), JSON.stringify(value));
    } catch {
      /* full or forbidden */
    }
  }
}
