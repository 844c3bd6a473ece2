// A strip over the message box says what one edits or answers there. Escape and its button put it away; what one wrote before
// an edit comes back then.
import { announce, byId, part, setText } from "../lib/dom.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { whoIs } from "../lib/who.js";
import { markUse } from "./icon.js";
import { isMuted, whenMuted } from "./muted.js";
import { becomes, inShort, makeStill } from "./quotes.js";

const form = byId("chat-form");
const field = byId("chat");
const send = byId("send-btn");
const strip = byId("strip");
const sends = send.ariaLabel;
const describes = field.getAttribute("aria-describedby") ?? "";
part(form, ".composer__row").before(strip);

export class Strip {
  #save;
  #storage;
  /** @type {Reply | null} What one answers, as a quote. */
  #reply = null;
  /** @type {{ id: string, text: string, gif: string | null } | null} The message that is edited, and what one wrote before. */
  #edits = null;
  #draft = "";
  #busy = false;

  /**
   * `save(id, text)` stores what a message says now, or throws a refusal. What one answers outlives a reload in `storage`.
   * @param {(id: string, text: string) => Promise<unknown>} save
   * @param {import("../lib/room-storage.js").RoomStorage} storage
   */
  constructor(save, storage) {
    this.#save = save;
    this.#storage = storage;
    this.#reply = storage.read("reply", null);
    if (this.#reply) this.#showReply();
    byId("strip-cancel").addEventListener("click", () => this.#cancel());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || strip.hidden) return;
      event.preventDefault();
      this.#cancel();
    });
    // Before the form sends a message: an edit is none, and waits for no pause between two.
    field.addEventListener("input", () => setText(byId("strip-why"), ""));
    whenMuted(() => {
      if (this.#reply && !this.#edits) this.#showReply();
    });
    form.addEventListener(
      "submit",
      (event) => {
        if (!this.editing) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        this.#submit();
      },
      true,
    );
  }

  get editing() {
    return Boolean(this.#edits);
  }

  get reply() {
    return this.#reply ?? undefined;
  }

  /**
   * What one writes next answers this message; with none it answers nothing.
   * @param {Reply | null} reply
   */
  answer(reply) {
    if (this.#edits) this.#cancel();
    this.#reply = reply;
    this.#storage.write("reply", reply ?? "");
    if (!reply) return this.#hide();
    this.#showReply();
    this.#begin();
  }

  /**
   * Keeps what one answers true, as a line says what became of it.
   * @param {Line} line
   */
  line(line) {
    const reply = this.#reply;
    const now = reply && becomes(reply, line);
    if (!now) return;
    const { chat, gif, alt, ...by } = reply;
    this.#reply = now.deleted ? { ...by, deleted: true } : { ...reply, ...now };
    this.#storage.write("reply", this.#reply);
    if (!this.#edits) this.#showReply();
  }

  /**
   * Puts what a message says into the message box.
   * @param {StoredSubject} message
   */
  edit({ id, text, gif }) {
    if (!this.#edits) this.#draft = field.value;
    this.#edits = { id, text: text ?? "", gif };
    this.#show({
      icon: "edit",
      what: gif ? texts.edit.caption : texts.edit.now,
      about: text ?? "",
      cancel: texts.edit.cancel,
    });
    send.ariaLabel = texts.owner.save;
    markUse(send, "check");
    this.#write(this.#edits.text);
    this.#begin();
  }

  /** Puts everything away for good. */
  forget() {
    this.#edits = this.#reply = null;
    strip.hidden = true;
  }

  #showReply() {
    const reply = this.#reply;
    if (!reply) return;
    const what = fill(texts.reply.to, { name: whoIs(reply).name });
    const muted = isMuted(reply.visitor ?? "");
    const about = muted ? texts.mute.line : inShort(reply);
    this.#show({ icon: "reply", what, about, cancel: texts.reply.cancel, gif: muted ? undefined : reply.gif });
  }

  /** @param {{ icon: string, what: string, about: string, cancel: string, gif?: string }} shown */
  #show({ icon, what, about, cancel, gif }) {
    markUse(strip, icon);
    setText(byId("strip-what"), what);
    setText(byId("strip-about"), about);
    setText(byId("strip-why"), "");
    byId("strip-cancel").ariaLabel = cancel;
    field.setAttribute("aria-describedby", `strip-what strip-about ${describes}`);
    strip.querySelector(".quote__still")?.remove();
    if (gif) part(strip, ".strip__said").before(makeStill(gif));
    strip.hidden = false;
  }

  /** @return {void} */
  #begin() {
    announce(byId("strip-what").textContent);
    field.focus({ preventScroll: true });
  }

  async #submit() {
    const edits = this.#edits;
    const text = field.value.trim();
    if (!edits || this.#busy || field.ariaInvalid === "true") return;
    if (!text && !edits.gif) return setText(byId("strip-why"), texts.field.chat_empty);
    // What one went on to write would be lost with the edit.
    this.#busy = field.readOnly = true;
    strip.ariaBusy = "true";
    try {
      if (text !== edits.text) await this.#save(edits.id, text);
      if (this.#edits === edits) this.#cancel();
    } catch (why) {
      if (this.#edits === edits) setText(byId("strip-why"), refusal(/** @type {Refusal} */ (why)));
    }
    this.#busy = field.readOnly = false;
    strip.ariaBusy = null;
  }

  // Out of an edit one comes back to what one answered before it.
  #cancel() {
    if (!this.#edits) return this.answer(null);
    this.#write(this.#draft);
    this.#edits = null;
    send.ariaLabel = sends;
    markUse(send, "send");
    if (this.#reply) this.#showReply();
    else this.#hide();
  }

  #hide() {
    field.setAttribute("aria-describedby", describes);
    strip.hidden = true;
    field.focus({ preventScroll: true });
  }

  /** @param {string} text */
  #write(text) {
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }
}
