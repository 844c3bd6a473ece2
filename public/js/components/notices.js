// Sentences over the list: the line is down, the room is gone, something was refused. One of each kind at most.
import { byId } from "../lib/dom.js";
import { focusFirst, keepFocus, lost } from "../lib/focus.js";
import { fetchSheet } from "../lib/sheets.js";
import { refusal, texts } from "../lib/texts.js";
import { makeBanner } from "./banner.js";

// A line that is down for less is not worth a word.
const SAID_AFTER = 3_000;
// How long it says that the line is back.
const BACK = 4_000;

export class Notices {
  #place = byId("notices");
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();
  /** @type {Timer | undefined} */
  #timer;
  #turn = 0;
  #retry;

  /** @param {() => void} retry is what "connect now" does */
  constructor(retry) {
    this.#retry = retry;
  }

  /** The line is down; said only when it stays down for a moment. */
  lineDown(polling = false) {
    if (polling) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#line(true);
    } else if (!this.#timer && !this.#shown.has("line")) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#line(false);
      }, SAID_AFTER);
    }
  }

  /** The line is up; said when it was said that it was down. */
  lineUp() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const was = this.#shown.has("line") || this.#shown.has("out");
    for (const kind of ["line", "out", "exception"]) this.#hide(kind);
    if (!was) return;
    this.#show("back", { icon: "check", tone: "good", says: texts.talk.back });
    setTimeout(() => this.#hide("back"), BACK);
  }

  /** @param {Refusal} why */
  exception(why) {
    this.#show("exception", { says: refusal(why), close: true });
  }

  /**
   * Says why one is not in the room, for now or for good, in place of all else: `make(words, list)` gives the notice, with the
   * way to the list of rooms. Whoever had the focus goes on there.
   * @param {Refusal} why
   * @param {OutNotice} make
   */
  async out(why, make) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const turn = ++this.#turn;
    const had = !lost();
    const list = { text: byId("chat-form").dataset.list ?? "", href: "/" };
    /** @type {Notice} */
    let what;
    try {
      what = make(await fetchSheet("out", () => import("./out.js")), list);
    } catch {
      what = { says: refusal(why), link: list };
    }
    // Meanwhile one was let in.
    if (turn !== this.#turn) return;
    for (const kind of [...this.#shown.keys()]) this.#hide(kind);
    const banner = this.#show("out", what);
    what.start?.(banner);
    if (had && lost()) focusFirst(banner.querySelector("a:not([hidden])"), byId("chat-list"));
  }

  /** @param {boolean} polling */
  #line(polling) {
    for (const kind of ["back", "out"]) this.#hide(kind);
    this.#show("line", {
      icon: "plug",
      tone: "warn",
      says: polling ? texts.talk.polling : texts.talk.reconnecting,
      dots: !polling,
      more: polling ? "" : texts.talk.kept,
      button: { text: texts.talk.connect_now, act: this.#retry },
    });
  }

  /**
   * @param {string} kind
   * @param {Notice} what
   */
  #show(kind, what) {
    const shut = () => {
      this.#hide(kind);
      byId("chat").focus();
    };
    const banner = makeBanner({ ...what, shut: what.close ? shut : undefined });
    this.#hide(kind);
    this.#shown.set(kind, banner);
    this.#place.append(banner);
    return banner;
  }

  /** @param {string} kind */
  #hide(kind) {
    const banner = this.#shown.get(kind);
    if (!banner) return;
    this.#shown.delete(kind);
    keepFocus(() => banner.remove(), byId("chat"), byId("chat-list"));
  }
}
