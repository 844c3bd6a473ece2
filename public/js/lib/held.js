// GIFs that were shared with the site, from the service worker that took them to the page on which one chooses a room. They
// are held in no cache but in a database of their own, which goes as a whole.
import { asked } from "./asked.js";

const NAME = "gifchat-shared";
const STORE = "files";
const LIFE = 600_000;

/**
 * @template Gives
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<Gives>} work
 */
async function use(mode, work) {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await asked(opening);
  try {
    return await work(database.transaction(STORE, mode).objectStore(STORE));
  } finally {
    // An open one could not be deleted.
    database.close();
  }
}

/** @type {(files: File[]) => Promise<unknown>} Holds files in place of any before. */
export const hold = (files) => use("readwrite", (store) => asked(store.put({ files, at: Date.now() }, STORE)));

/**
 * What is held: the `files`, and how many ms are `left` until they are dropped.
 * @return {Promise<{ files: File[], left: number }>}
 */
export async function held() {
  const { files = [], at = 0 } = (await use("readonly", (store) => asked(store.get(STORE)))) ?? {};
  const left = at + LIFE - Date.now();
  if (left > 0 && left <= LIFE) return { files, left };
  await drop();
  return { files: [], left: 0 };
}

export async function drop() {
  try {
    await asked(indexedDB.deleteDatabase(NAME));
  } catch {
    /* where the browser keeps nothing, nothing was held */
  }
}
