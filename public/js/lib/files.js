// GIFs that wait to be sent, kept by the browser so that they outlive a reload of their tab. Where it keeps nothing,
// they are simply gone with the page.

import { asked } from "./asked.js";

const LIFE = 86_400_000;

/** As many may wait at once. */
export const AT_ONCE = 20;

export class Files {
  #room;
  #tab;
  /** @type {Promise<IDBDatabase> | null} */
  #opened = null;

  /**
   * @param {string} room
   * @param {string} tab
   */
  constructor(room, tab) {
    this.#room = room;
    this.#tab = tab;
  }

  /** What this tab left behind in this room, in the order it was put: `{nonce, file, alt, chat, reply, waiting}`. */
  async left() {
    const all = await this.#use("readwrite", async (store) => {
      /** @type {StoredFile[]} */
      const kept = await asked(store.getAll());
      // Of tabs that were closed and never came back.
      for (const { nonce, at } of kept) if (Date.now() - at > LIFE) store.delete(nonce);
      return kept;
    });
    return (all ?? []).filter(({ room, tab }) => room === this.#room && tab === this.#tab).sort((a, b) => a.at - b.at);
  }

  /** @param {GifFields & { at: number, state: string }} file */
  put({ nonce, file, alt, chat, reply, state, at }) {
    const waiting = state !== "ready";
    return this.#use("readwrite", (store) =>
      asked(store.put({ nonce, file, alt, chat, reply, waiting, at, room: this.#room, tab: this.#tab })),
    );
  }

  /** @param {string} nonce */
  remove(nonce) {
    return this.#use("readwrite", (store) => asked(store.delete(nonce)));
  }

  /**
   * @template Gives
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => Promise<Gives>} work
   */
  async #use(mode, work) {
    try {
      this.#opened ??= this.#open();
      return await work((await this.#opened).transaction("files", mode).objectStore("files"));
    } catch {
      return null;
    }
  }

  #open() {
    const request = indexedDB.open("gifchat", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "nonce" });
    return asked(request);
  }
}
