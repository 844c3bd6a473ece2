// What one edits stands in the message box, and in a strip over it what that is. Escape and its button put it away, and what
// one wrote before comes back.
import { announce, byId, setText } from "../lib/dom.js";
import { refusal, texts } from "../lib/texts.js";
import { markUse } from "./icon.js";

const form = byId("chat-form");
const field = byId("chat");
const send = byId("send-btn");
const strip = byId("strip");
const sends = send.ariaLabel;
const describes = field.getAttribute("aria-describedby");
form.querySelector(".composer__row").before(strip);

export class Strip {
  #save;
  /** The message that is edited, and what one wrote before. */
  #edits = null;
  #draft = "";
  #busy = false;

  /** `save(id, text)` stores what a message says now, or throws a refusal. */
  constructor(save) {
    this.#save = save;
    byId("strip-cancel").addEventListener("click", () => this.#cancel());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || strip.hidden) return;
      event.preventDefault();
      this.#cancel();
    });
    // Before the form sends a message: an edit is none, and waits for no pause between two.
    form.addEventListener("submit", (event) => {
      if (!this.editing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#submit();
    }, true);
  }

  get editing() { return Boolean(this.#edits); }

  /** Puts what a message says into the message box. */
  edit({ id, text, gif }) {
    if (!this.#edits) this.#draft = field.value;
    this.#edits = { id, text: text ?? "", gif };
    this.#show({ icon: "edit", what: gif ? texts.edit.caption : texts.edit.now, about: text ?? "", cancel: texts.edit.cancel });
    send.ariaLabel = texts.edit.save;
    markUse(send, "check");
    this.#write(this.#edits.text);
  }

  #show({ icon, what, about, cancel }) {
    markUse(strip, icon);
    setText(byId("strip-what"), what);
    setText(byId("strip-about"), about);
    setText(byId("strip-why"), "");
    byId("strip-cancel").ariaLabel = cancel;
    field.setAttribute("aria-describedby", `strip-what strip-about ${describes}`);
    strip.hidden = false;
    announce(what);
    field.focus({ preventScroll: true });
  }

  async #submit() {
    const edits = this.#edits;
    const text = field.value.trim();
    if (this.#busy || field.ariaInvalid === "true") return;
    if (!text && !edits.gif) return setText(byId("strip-why"), texts.field.chat_empty);
    this.#busy = true;
    try {
      if (text !== edits.text) await this.#save(edits.id, text);
      if (this.#edits === edits) this.#cancel();
    } catch (why) {
      if (this.#edits === edits) setText(byId("strip-why"), refusal(why));
    }
    this.#busy = false;
  }

  #cancel() {
    if (this.#edits) this.#write(this.#draft);
    this.#edits = null;
    send.ariaLabel = sends;
    markUse(send, "send");
    field.setAttribute("aria-describedby", describes);
    strip.hidden = true;
    field.focus({ preventScroll: true });
  }

  #write(text) {
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }
}
