// #chat-list: stored messages in the order of the room, then what waits to be sent.
import { byId } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { arrange, nextMessage, takeOut } from "./arrange.js";
import { startGifs } from "./gif.js";
import { applyLine, makeLine } from "./line.js";
import { localTime, makeMessage, makePending, setState, store } from "./message.js";
import { Scroller } from "./scroller.js";

const OLDER = 50;
const UNSENT = ".message[data-nonce]";

export class MessageList {
  #list = byId("chat-list");
  #older = byId("older");
  #silence = byId("silence");
  #pending = new Map();
  #room;
  #me;
  #scroller;
  #loading = false;

  constructor(room, me) {
    this.#room = room;
    this.#me = me;
    for (const message of this.#stored()) {
      localTime(message);
      arrange(message);
    }
    startGifs(this.#list);
    this.#scroller = new Scroller(this.#list, () => this.#loadOlder());
    this.#scroller.toEnd();
    this.#older.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      this.#loadOlder();
    });
  }

  /** Messages in order, each newer than all stored ones shown. */
  deliver(messages) {
    const unread = messages.filter(({ visitor, line }) => !line && visitor !== this.#me.id).length;
    this.#scroller.grow(() => { for (const message of messages) this.#place(message); }, { unread });
  }

  /** Shows an own text that is not stored yet, or its new state. */
  showItem(item) {
    if (item.state === "removed" || item.state === "sent") return this.#dropItem(item);
    if (!this.#pending.has(item.nonce)) {
      const element = makePending(item, this.#me);
      this.#pending.set(item.nonce, element);
      setState(element, "pending");
      this.#scroller.grow(() => { this.#list.append(element); this.#settle(element); }, { always: true });
    }
    setState(this.#pending.get(item.nonce), item.state, item.why);
  }

  /** Calls back with `retry` or `delete` and the nonce of a failed text. */
  onFailed(act) {
    this.#list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-do]");
      if (!button) return;
      act(button.dataset.do, button.closest(".message").dataset.nonce);
      this.#list.focus({ preventScroll: true });
    });
  }

  #place(message) {
    if (message.line) return this.#placeLine(message);
    let element = message.visitor === this.#me.id && this.#pending.get(message.nonce);
    if (element) {
      this.#pending.delete(message.nonce);
      // What already stands in its place is not moved: moving would lose a selection and announce it again.
      const stays = element === this.#list.querySelector(UNSENT);
      store(element, message, this.#me);
      if (!stays) {
        takeOut(element);
        this.#list.insertBefore(element, this.#firstUnsent());
      }
    } else {
      element = makeMessage(message, this.#me);
      element.classList.add("message--new");
      this.#list.insertBefore(element, this.#firstUnsent());
    }
    this.#settle(element);
  }

  #placeLine(message) {
    applyLine(this.#list, message);
    const line = makeLine(message);
    this.#list.insertBefore(line, this.#firstUnsent());
    const next = nextMessage(line);
    if (next) arrange(next);
  }

  #settle(element) {
    this.#silence.hidden = true;
    arrange(element);
    const next = nextMessage(element);
    if (next) arrange(next);
  }

  #dropItem({ nonce }) {
    const element = this.#pending.get(nonce);
    if (!element) return;
    this.#pending.delete(nonce);
    takeOut(element);
  }

  // The day line belongs to the unsent message it stands before.
  #firstUnsent() {
    const message = this.#list.querySelector(UNSENT);
    const line = message?.previousElementSibling;
    return line?.classList.contains("day") ? line : message;
  }

  #stored() { return [...this.#list.querySelectorAll(".message[data-seq]")]; }

  /** The oldest of what is shown and stored: a message, or a line that nobody wrote. */
  #first() { return this.#list.querySelector("[data-seq]"); }

  async #loadOlder() {
    const first = this.#first();
    if (this.#loading || this.#older.hidden || !first) return;
    this.#loading = true;
    try {
      const page = await getJson(`/room/${this.#room}/messages?before=${first.dataset.seq}&limit=${OLDER}`);
      this.#prepend(page.data, first);
    } catch { /* the button is still there */ }
    this.#loading = false;
  }

  #prepend(messages, first) {
    // Old messages are not news: they are not read out.
    this.#list.setAttribute("aria-live", "off");
    this.#scroller.keep(first, () => {
      const elements = messages.map((message) => (message.line ? makeLine(message) : makeMessage(message, this.#me)));
      this.#older.nextElementSibling.after(...elements);
      for (const element of [...elements, first]) if (element.classList.contains("message")) arrange(element);
      const after = nextMessage(first);
      if (after) arrange(after);
      const done = messages.length === 0 || messages[0].seq <= 1;
      if (done && this.#older.contains(document.activeElement)) this.#list.focus({ preventScroll: true });
      this.#older.hidden = done;
    });
    setTimeout(() => this.#list.removeAttribute("aria-live"), 500);
  }
}
