// What comes in while one looks elsewhere: a number in the title, a dot in the icon, and a notification for who wants it.
import { announce, byId, markUrl, setText } from "../lib/dom.js";
import { fill, straight, texts } from "../lib/texts.js";
import { whoIs } from "../lib/who.js";

const KEY = "gifchat:notify";

export class Attention {
  #title;
  #unread = 0;
  #icon = document.querySelector("link[rel=icon]");
  #plain = this.#icon.href;
  #dotted = null;
  #button = byId("notify-btn");

  constructor(title) {
    this.#title = straight(title);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#seen(); });
    // Chrome on Android has the constructor, which throws: only a service worker may show notifications there.
    if ("Notification" in window && !/Android/.test(navigator.userAgent)) this.#offer();
  }

  title(text) {
    this.#title = straight(text);
    this.#show();
  }

  /** Messages of others have come in. */
  came(messages) {
    if (!document.hidden || messages.length === 0) return;
    this.#unread += messages.length;
    this.#show();
    this.#notify(messages.at(-1));
  }

  #seen() {
    this.#unread = 0;
    this.#show();
  }

  #show() {
    const name = `${this.#title} – gifchat`;
    document.title = this.#unread > 0 ? `(${this.#unread}) ${name}` : name;
    if (this.#unread === 0) this.#icon.href = this.#plain;
    else this.#dot();
  }

  // The own mark with a dot, drawn once.
  async #dot() {
    try {
      this.#dotted ??= fetch(this.#plain).then((answer) => answer.text()).then((svg) => {
        const dot = '<circle cx="37" cy="11" r="9" fill="#d92b2b" stroke="#fff" stroke-width="3"/></svg>';
        return URL.createObjectURL(new Blob([svg.replace("</svg>", dot)], { type: "image/svg+xml" }));
      });
      const url = await this.#dotted;
      if (this.#unread > 0) this.#icon.href = url;
    } catch {
      this.#dotted = null;
    }
  }

  #offer() {
    this.#button.hidden = false;
    this.#showButton();
    this.#button.addEventListener("click", async () => {
      const on = !this.#wanted;
      if (on && (await Notification.requestPermission()) !== "granted") {
        announce(texts.talk.notify_denied);
        setText(byId("notify-why"), texts.talk.notify_denied);
        return;
      }
      try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* then it is not remembered */ }
      setText(byId("notify-why"), "");
      this.#showButton();
    });
  }

  get #wanted() {
    try {
      return Notification.permission === "granted" && localStorage.getItem(KEY) === "on";
    } catch {
      return false;
    }
  }

  #showButton() { this.#button.setAttribute("aria-checked", String(this.#wanted)); }

  #notify(message) {
    const { chat, alt } = message;
    const { id, name } = whoIs(message);
    if (!("Notification" in window) || !this.#wanted) return;
    try {
      const body = `${name}: ${straight(chat ?? (alt ? fill(texts.talk.sent_gif, { alt }) : "GIF"))}`;
      const note = new Notification(this.#title, { body, tag: location.pathname, icon: markUrl(id) });
      note.onclick = () => { window.focus(); note.close(); };
    } catch { /* some browsers allow it to service workers only */ }
  }
}
