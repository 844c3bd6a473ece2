// What arrives while the page is in the background: a number in the title, a dot on the icon, and a notification if enabled.
import { announce, byId, part, setText, siteName } from "../lib/dom.js";
import { straight, texts } from "../lib/texts.js";

const KEY = "gifchat:notify";

export class UnreadBadge {
  #title;
  #unread = 0;
  #icon = part(document, "link[rel=icon]");
  #plain = this.#icon.href;
  /** @type {Promise<string> | null} */
  #dotted = null;
  /** @type {Message | Whisper | null} The message that a notification tells. */
  #noted = null;
  #button = byId("notify-btn");

  /** @param {string} title */
  constructor(title) {
    this.#title = straight(title);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#seen();
    });
    if (!("Notification" in window)) return;
    // A service worker shows them everywhere, at once where it is there already.
    const { serviceWorker } = navigator;
    if (serviceWorker?.controller || this.#wanted || constructs()) this.#offer();
    else serviceWorker?.ready.then(() => this.#offer());
  }

  /** @param {string} text */
  title(text) {
    this.#title = straight(text);
    this.#show();
  }

  /**
   * Messages of others have come in.
   * @param {(Message | Whisper)[]} messages
   */
  came(messages) {
    if (!document.hidden || messages.length === 0) return;
    this.#unread += messages.length;
    this.#show();
    if (!this.#wanted) return;
    const noted = messages[messages.length - 1];
    this.#noted = noted;
    import("./notify.js").then(({ notify }) => notify(this.#title, noted)).catch(() => {});
  }

  /**
   * A line may say that what a notification tells was deleted or changed.
   * @param {Line} line
   */
  line({ line, message, visitor }) {
    const about = message ? message === this.#noted?._id : line === "cleared" && visitor === this.#noted?.visitor;
    if (about) this.forget();
  }

  /** Takes the notification away: somebody looks again, or it tells what is gone. */
  forget() {
    if (this.#noted) import("./notify.js").then(({ forget }) => forget()).catch(() => {});
    this.#noted = null;
  }

  #seen() {
    this.#unread = 0;
    this.#show();
    this.forget();
  }

  #show() {
    const name = `${this.#title} – ${siteName()}`;
    document.title = this.#unread > 0 ? `(${this.#unread}) ${name}` : name;
    if (this.#unread === 0) this.#icon.href = this.#plain;
    else this.#dot();
  }

  // The own mark with a dot, drawn once.
  async #dot() {
    try {
      this.#dotted ??= fetch(this.#plain)
        .then((answer) => answer.text())
        .then((svg) => {
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
      try {
        localStorage.setItem(KEY, on ? "on" : "off");
      } catch {
        /* then it is not remembered */
      }
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

  #showButton() {
    this.#button.setAttribute("aria-checked", String(this.#wanted));
  }
}

// Whether a page may show notifications without a service worker: Chrome on Android has a constructor that throws. Where they
// are allowed already, this would show one.
function constructs() {
  try {
    return Notification.permission !== "granted" && Boolean(new Notification(""));
  } catch {
    return false;
  }
}
