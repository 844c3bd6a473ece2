// Where one writes. Enter sends, Shift+Enter begins a line, and Enter that ends an IME composition does neither.
import { byId, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";
import { count } from "../models/rules.js";

const NEAR_LIMIT = 100;

export class Composer {
  #form = byId("chat-form");
  #field = byId("chat");
  #note = byId("composer-note");
  #limit;
  #pausing = null;
  #paused = false;
  #send;

  /** `send(text)` says whether the text was taken; `typed(text)` is told of every change. */
  constructor({ limit, draft, send, typed }) {
    this.#limit = limit;
    this.#send = send;
    if (!this.#field.value) this.#field.value = draft;
    this.#field.addEventListener("input", () => { typed(this.#field.value); this.#changed(); });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
      typed(this.#field.value);
    });
    this.#changed();
  }

  /** What is written and not sent. */
  get text() { return this.#field.value; }

  /** Says something under the field, until the next change. */
  say(text) { setText(this.#note, text); }

  /** Sends nothing for so many seconds, and says how many are left. */
  pause(seconds) {
    const until = Date.now() + seconds * 1_000;
    clearInterval(this.#pausing);
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1_000);
      mark(byId("send-btn"), "aria-disabled", left > 0);
      this.#paused = left > 0;
      setText(byId("slow-note"), left > 0 ? fill(texts.talk.slow_wait, { n: left }) : "");
      if (left <= 0) clearInterval(this.#pausing);
    };
    this.#pausing = setInterval(tick, 250);
    tick();
  }

  close() {
    this.pause(0);
    for (const control of this.#form.elements) control.disabled = true;
    this.#form.inert = true;
  }

  #key(event) {
    // 229 is what Safari sends for the Enter that ends a composition, when isComposing is already false.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submit() {
    if (this.#paused) return;
    const text = this.#field.value.trim();
    const was = count(text);
    if (was > this.#limit) return this.say(fill(texts.field.chat_too_long, { limit: this.#limit, was }));
    if (!this.#send(text)) return;
    this.#field.value = "";
    this.#changed();
    this.#field.focus({ preventScroll: true });
  }

  #changed() {
    const left = this.#limit - count(this.#field.value.trim());
    if (left < 0) this.say(fill(texts.field.chat_too_long, { limit: this.#limit, was: this.#limit - left }));
    else this.say(left <= NEAR_LIMIT ? fill(texts.talk.left_over, { n: left }) : "");
    mark(this.#field, "aria-invalid", left < 0);
    this.#grow();
  }

  // Browsers without field-sizing: the height follows the text through the number of rows.
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.rows = 1;
    while (this.#field.rows < 6 && this.#field.scrollHeight > this.#field.clientHeight) this.#field.rows += 1;
  }
}

// What is empty counts as false there.
function mark(element, attribute, is) {
  if (is) element.setAttribute(attribute, "true");
  else element.removeAttribute(attribute);
}
