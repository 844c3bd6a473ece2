// Where one writes. Enter sends, Shift+Enter begins a line, and Enter that ends an IME composition does neither.
import { announce, byId, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";
import { count } from "../models/rules.js";

// Characters left at which it is said how many: the first of these that is not below what is left.
const STEPS = [-1, 0, 10, 20, 50, 100];

export class Composer {
  #form = byId("chat-form");
  #field = byId("chat");
  #note = byId("composer-note");
  #limit;
  /** @type {Timer | undefined} */
  #pausing;
  #paused = false;
  /** @type {number | undefined} */
  #step;
  #send;

  /**
   * `send(text)` says whether the text was taken; `typed(text)` is told of every change.
   * @param {{ limit: number, draft: string, send: (text: string) => boolean, typed: (text: string) => void }} made
   */
  constructor({ limit, draft, send, typed }) {
    this.#limit = limit;
    this.#send = send;
    if (!this.#field.value) this.#field.value = draft;
    this.#field.addEventListener("input", () => {
      typed(this.#field.value);
      this.#changed();
    });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
      typed(this.#field.value);
    });
    this.#changed();
  }

  /**
   * Says something under the field, until the next change.
   * @param {string} text
   */
  say(text) {
    setText(this.#note, text);
    if (text) announce(text);
  }

  /**
   * Puts what can't be sent before what was written since.
   * @param {string} text
   */
  giveBack(text) {
    this.#field.value = `${text}\n${this.#field.value}`.trim();
    this.#field.dispatchEvent(new Event("input"));
  }

  /**
   * Sends nothing for so many seconds, and says how many are left.
   * @param {number} seconds
   */
  pause(seconds) {
    const until = Date.now() + seconds * 1_000;
    clearInterval(this.#pausing);
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1_000);
      byId("send-btn").ariaDisabled = String(left > 0);
      this.#paused = left > 0;
      setText(byId("slow-note"), left > 0 ? fill(texts.talk.slow_wait, { n: left }) : "");
      if (left <= 0) clearInterval(this.#pausing);
    };
    this.#pausing = setInterval(tick, 250);
    tick();
  }

  /** Lets nobody write, or again. */
  close(closed = true) {
    if (closed) {
      this.pause(0);
      byId("send-btn").ariaDisabled = null;
    }
    for (const control of /** @type {Iterable<HTMLInputElement>} */ (this.#form.elements)) control.disabled = closed;
    this.#form.inert = closed;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // 229 is what Safari sends for the Enter that ends a composition, when isComposing is already false.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submit() {
    if (this.#paused) return announce(byId("slow-note").textContent);
    const text = this.#field.value.trim();
    const was = count(text);
    if (was > this.#limit) return announce(this.#tooLong(was));
    if (!this.#send(text)) return;
    this.#field.value = "";
    this.#changed();
    this.#field.focus({ preventScroll: true });
  }

  #changed() {
    const was = count(this.#field.value.trim());
    const left = this.#limit - was;
    const step = STEPS.find((step) => left <= step);
    let note = "";
    if (left < 0) note = this.#tooLong(was);
    else if (step !== undefined) note = fill(left === 1 ? texts.talk.left_one : texts.talk.left_over, { n: left });
    setText(this.#note, note);
    if (note && step !== this.#step) announce(note);
    this.#step = step;
    this.#field.ariaInvalid = String(left < 0);
    this.#grow();
  }

  /** @param {number} was */
  #tooLong(was) {
    return fill(texts.field.chat_too_long, { limit: this.#limit, was });
  }

  // Browsers without field-sizing: the height follows the text through the number of rows.
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.rows = 1;
    while (this.#field.rows < 6 && this.#field.scrollHeight > this.#field.clientHeight) this.#field.rows += 1;
  }
}
