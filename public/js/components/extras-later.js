// What few messages have: a quote of what they answer, reactions, that they were edited. What shows that, answers, reacts and
// edits is fetched with the first of it.
import { byId, opensElsewhere } from "../lib/dom.js";
import { getJson } from "../lib/http.js";

/** @import { RoomStorage } from "../lib/room-storage.js" */
/** @import { Extras } from "./extras.js" */
/** @import { MessageList } from "./message-list.js" */

const EXTRAS = ".quote, .reactions, .message__edited";

export class ExtrasLater {
  #list;
  #load;
  /** @type {Promise<void> | null} */
  #loading = null;
  /** @type {Extras | null} */
  #extras = null;
  /**
   * What is to be done with them.
   * @type {((extras: Extras) => unknown)[]}
   */
  #waiting = [];
  /** How often reactions had changed in the room, as far as is known here, and whether nothing before that was missed. */
  #version = 0;
  #sure = true;

  /**
   * `load()` gives what `startExtras` does for `list`. What one answers is in `storage`.
   * @param {RoomStorage} storage
   * @param {MessageList} list
   * @param {() => Promise<Extras>} load
   */
  constructor(storage, list, load) {
    this.#list = list;
    this.#load = load;
    byId("rows").addEventListener("click", (event) => {
      const part = /** @type {Element} */ (event.target).closest(".quote[href], .reaction");
      if (!part || opensElsewhere(event)) return;
      event.preventDefault();
      this.use((extras) => extras.press(part));
    });
    if (storage.read("reply", null)) this.use(() => {});
    const field = byId("chat");
    field.addEventListener("keydown", ({ key, isComposing, shiftKey, ctrlKey, altKey, metaKey }) => {
      if (shiftKey || ctrlKey || altKey || metaKey) return;
      if (key === "ArrowUp" && !field.value && !isComposing) this.use((extras) => extras.editLast());
    });
  }

  /** Whether what is being written is an edit, and no message. */
  get editing() {
    return this.#extras?.editing;
  }

  /** What one writes next answers this. */
  get reply() {
    return this.#extras?.reply;
  }

  /**
   * What was written is on its way, or could not be sent and answers this `reply` still.
   * @param {Reply | null} [reply]
   */
  answer(reply = null) {
    if (reply ?? this.reply) this.use((extras) => extras.answer(reply));
  }

  /** The room is gone, and with it what one answers there. */
  forget() {
    this.#extras?.forget();
  }

  /**
   * Does something with them, once they are there.
   * @param {(extras: Extras) => unknown} act
   */
  use(act) {
    this.#waiting.push(act);
    this.#go();
  }

  /** The line is back: fetches what could not be fetched before. */
  again() {
    this.#extras?.again();
    if (this.#waiting.length > 0) this.#go();
  }

  #go() {
    if (this.#extras) return this.#run(this.#extras);
    this.#loading ??= this.#load().then(
      (extras) => {
        this.#extras = extras;
        this.#list.alter(() => this.#run(extras));
      },
      () => {
        this.#loading = null;
      },
    );
  }

  /**
   * A row enters the page: of a `message`, or as the server rendered it.
   * @param {HTMLElement} row
   * @param {Partial<Message>} [message]
   */
  enters(row, message) {
    if (message ? (this.#extras ?? message.reply ?? message.reactions ?? message.edited) : row.querySelector(EXTRAS))
      this.use((extras) => extras.dress(row, message));
  }

  /**
   * A line that may be about messages that are in the page.
   * @param {Line} line
   */
  line(line) {
    if (this.#loading || line.line === "edited") this.use((extras) => extras.line(line));
  }

  /**
   * How reactions stand now.
   * @param {RoomReactions} told
   */
  reacted(told) {
    if (told.version < this.#version) return;
    this.#version = told.version;
    if (this.#loading || told.messages.length > 0) this.use((extras) => extras.reacted(told));
  }

  /**
   * Asks how reactions stand, unless nothing has changed.
   * @param {string} room
   * @param {number} [version]
   * @return {Promise<void>}
   */
  async read(room, version) {
    if (this.#sure && version === this.#version) return;
    this.#sure = false;
    const told = await getJson(`/room/${room}/reactions`).catch(() => null);
    if (!told) return;
    // Meanwhile more was told than this says.
    if (told.version < this.#version) return this.read(room);
    this.#sure = true;
    this.reacted(told);
  }

  /** @param {Extras} extras */
  #run(extras) {
    for (const act of this.#waiting.splice(0)) act(extras);
  }
}
