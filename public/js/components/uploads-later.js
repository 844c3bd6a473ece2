// GIFs on their way. What sends them is fetched with the first file; until then there are none.
import { refusal } from "../lib/texts.js";
import { startFiles } from "./file-sources.js";

/** What this tab keeps when it has, or had, files. */
const KEY = "files";

export class UploadsLater {
  #load;
  #loading = null;
  #uploads = null;
  /** What was said of the line meanwhile. */
  #line = () => {};

  /** `load()` gives what `startUploads` does; `say(text)` tells that it can't be had. */
  constructor({ keep, say, load }) {
    this.#load = load;
    startFiles((brought) => {
      keep.write(KEY, true);
      this.#fetch().then(({ take }) => take(brought), () => say(refusal({ code: "offline" })));
    });
    // Some may have waited when the page was left.
    if (keep.read(KEY, false)) this.#fetch().catch(() => {});
  }

  start() { this.#tell((uploads) => uploads.start()); }

  stop() { this.#tell((uploads) => uploads.stop()); }

  end(why) { this.#tell((uploads) => uploads.end(why)); }

  /** Also what is still being fetched goes. */
  send() { this.#loading?.then(({ uploads }) => uploads.send(), () => {}); }

  find(nonce) { return this.#uploads?.find(nonce); }

  confirm(nonce) { this.#uploads?.confirm(nonce); }

  cancel(item) { this.#uploads.cancel(item); }

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
    this.#loading.catch(() => { this.#loading = null; });
    return this.#loading;
  }
}
