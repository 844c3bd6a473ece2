// Sentences over the list: the line is down, the room is gone, something was refused. One of each kind at most.
import { byId, setText } from "../lib/dom.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { makeBanner } from "./banner.js";

const PATIENCE = 3_000;
// How long it says that the line is back.
const BACK = 4_000;
// Seconds that who was sent out waits before coming back.
const KICKED = 60;

export class Notices {
  #place = byId("notices");
  #shown = new Map();
  #timer = null;
  #retry;

  /** `retry` is what "connect now" does. */
  constructor(retry) { this.#retry = retry; }

  /** The line is down; said only when it stays down for a moment. */
  lineDown(polling = false) {
    if (polling) {
      clearTimeout(this.#timer);
      this.#timer = null;
      this.#line(true);
    } else if (!this.#timer && !this.#shown.has("line")) {
      this.#timer = setTimeout(() => { this.#timer = null; this.#line(false); }, PATIENCE);
    }
  }

  /** The line is up; said when it was said that it was down. */
  lineUp() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const was = this.#shown.has("line");
    this.#hide("line");
    this.#hide("refused");
    if (!was) return;
    this.#show("back", { icon: "check", tone: "good", says: texts.talk.back });
    setTimeout(() => this.#hide("back"), BACK);
  }

  refused(why, again) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#hide("line");
    this.#show("refused", {
      says: refusal(why),
      more: texts.talk.refused,
      link: again ? null : { text: texts.talk.reload, href: location.pathname },
    });
  }

  exception(why) { this.#show("exception", { says: refusal(why), close: true }); }

  gone(listText) {
    clearTimeout(this.#timer);
    for (const kind of [...this.#shown.keys()]) this.#hide(kind);
    this.#show("gone", { says: texts.talk.gone, more: texts.talk.gone_more, link: { text: listText, href: "/" } });
  }

  sentOut(why, listText) {
    clearTimeout(this.#timer);
    for (const kind of [...this.#shown.keys()]) this.#hide(kind);
    this.#show("gone", { says: texts.error[why.code], more: " ", link: { text: listText, href: "/" } });
    if (why.code === "kicked") this.#wait(KICKED);
  }

  // Counts down until one may come back.
  #wait(seconds) {
    const banner = this.#shown.get("gone");
    const [more, link] = [banner.querySelector(".banner__more"), banner.querySelector("a")];
    setText(more, seconds > 0 ? fill(texts.talk.out_wait, { n: seconds }) : "");
    if (seconds > 0) return setTimeout(() => this.#wait(seconds - 1), 1_000);
    link.textContent = texts.talk.out;
    link.href = location.pathname;
  }

  #line(polling) {
    this.#hide("back");
    this.#show("line", {
      icon: "plug",
      tone: "warn",
      says: polling ? texts.talk.polling : texts.talk.reconnecting,
      dots: !polling,
      more: polling ? "" : texts.talk.kept,
      button: { text: texts.talk.connect_now, act: this.#retry },
    });
  }

  #show(kind, what) {
    const shut = what.close && (() => { this.#hide(kind); byId("chat").focus(); });
    const banner = makeBanner({ ...what, shut });
    this.#hide(kind);
    this.#shown.set(kind, banner);
    this.#place.append(banner);
  }

  #hide(kind) {
    const banner = this.#shown.get(kind);
    if (!banner) return;
    this.#shown.delete(kind);
    if (banner.contains(document.activeElement)) byId("chat").focus({ preventScroll: true });
    banner.remove();
  }
}
