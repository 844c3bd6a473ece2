// GIFs on their way. What sends them is fetched once one does something on the page, or with the first file; until then
// there are none.
import { HAS_FILES } from "../lib/room-storage.js";
import { texts } from "../lib/texts.js";
import { listenForFiles } from "./file-sources.js";

/**
 * @typedef {import("../models/uploads.js").Uploads} Uploads
 * @typedef {ReturnType<typeof import("./uploading.js").startUploads>} Loaded
 */

export class UploadsLater {
  #load;
  /** @type {Promise<Loaded> | null} */
  #loading = null;
  /** @type {Uploads | null} */
  #uploads = null;
  /** @type {(uploads: Uploads) => void} What was said of the line meanwhile. */
  #line = () => {};
  /** @type {File[]} Files that came when nothing could be fetched. */
  #brought = [];
  #say;
  /** Whether it was said that these are kept. */
  #said = false;

  /**
   * `load()` gives what `startUploads` does; `say(text)` tells that files are kept until it can be had.
   * @param {{
   *   storage: import("../lib/room-storage.js").RoomStorage,
   *   say: (text: string) => void,
   *   load: () => Promise<Loaded>,
   * }} page
   */
  constructor({ storage, say, load }) {
    this.#load = load;
    this.#say = say;
    listenForFiles((brought) => {
      storage.write(HAS_FILES, true);
      this.#take(brought);
    });
    const early = () => {
      this.#fetch().catch(() => {});
    };
    // Whoever does something may soon bring a file, when there is perhaps no line.
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, early, { once: true });
    // Some may have waited when the page was left.
    if (storage.read(HAS_FILES, false)) early();
  }

  start() {
    this.#tell((uploads) => uploads.start());
    this.#take([]);
  }

  stop() {
    this.#tell((uploads) => uploads.stop());
  }

  /** @param {Refusal} why */
  end(why) {
    this.#tell((uploads) => uploads.end(why));
  }

  /**
   * Also what is still being fetched goes; whether a GIF takes along what is said with it, and what that answers.
   * @param {string} caption
   * @param {Reply} [reply]
   */
  send(caption, reply) {
    if (this.#uploads) return this.#uploads.send(caption, reply);
    this.#loading?.then(
      ({ uploads }) => uploads.send(),
      () => {},
    );
    return false;
  }

  /** @param {string} nonce */
  find(nonce) {
    return this.#uploads?.find(nonce);
  }

  /** @param {string | undefined} nonce */
  confirm(nonce) {
    this.#uploads?.confirm(nonce);
  }

  /** @param {Upload} item */
  cancel(item) {
    this.#uploads?.cancel(item);
  }

  /** @param {File[]} brought */
  #take(brought) {
    this.#brought.push(...brought);
    if (this.#brought.length === 0) return;
    this.#fetch().then(
      ({ take }) => {
        if (this.#said) this.#say("");
        this.#said = false;
        take(this.#brought.splice(0));
      },
      () => {
        this.#said = true;
        this.#say(texts.talk.file_kept);
      },
    );
  }

  /** @param {(uploads: Uploads) => void} line */
  #tell(line) {
    this.#line = line;
    if (this.#uploads) line(this.#uploads);
  }

  #fetch() {
    this.#loading ??= this.#load().then((loaded) => {
      this.#uploads = loaded.uploads;
      this.#line(loaded.uploads);
      return loaded;
    });
    // Whoever tries again may have more luck.
    this.#loading.catch(() => {
      this.#loading = null;
    });
    return this.#loading;
  }
}
