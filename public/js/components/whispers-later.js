// Whispers, once there are any: what shows them is fetched with the first that comes, was kept, or is to be written.
import { getJson } from "../lib/http.js";
import { fetchSheet } from "../lib/sheets.js";

const AGAIN = 3_000;

/** @typedef {import("./whispers.js").Whispers} Whispers */

export class WhispersLater {
  #ways;
  #opens;
  /** @type {Promise<Whispers> | null} */
  #loading = null;

  /**
   * `ways` is what `Whispers` takes; `opens(name, load, open)` opens a sheet, or says why it can't.
   * @param {import("./whispers.js").Ways} page
   */
  constructor({ opens, ...ways }) {
    this.#ways = { opens, ...ways };
    this.#opens = opens;
    ways.socket.on("whisper", (whisper) => this.#use((whispers) => whispers.take([whisper], true)));
  }

  /** Asks for what came while nothing could be told. */
  async read() {
    // What could not be asked for is asked for again by what shows it.
    const some =
      this.#loading ??
      (await getJson(`/room/${this.#ways.room}/whispers?limit=1`).then(
        ({ count }) => count > 0,
        ({ status }) => !(status >= 400 && status < 500),
      ));
    if (some) this.#use((whispers) => whispers.read());
  }

  /**
   * Opens the whispers with somebody.
   * @param {Who} partner
   */
  open(partner) {
    return this.#opens(
      "whisper",
      () => this.#load(),
      (whispers) => whispers.open(partner),
    );
  }

  /**
   * What could not be told is read then.
   * @param {(whispers: Whispers) => unknown} act
   */
  #use(act) {
    this.#load().then(act, () => {
      setTimeout(() => this.read(), AGAIN);
    });
  }

  #load() {
    this.#loading ??= fetchSheet("whisper", () => import("./whispers.js")).then(
      ({ Whispers }) => new Whispers(this.#ways),
    );
    this.#loading.catch(() => {
      this.#loading = null;
    });
    return this.#loading;
  }
}
