// A card for each GIF to send: still, name, size, description, and how to send it again or not at all. One that is on its
// way stands in the list instead, once its picture is known.
import { announce, byId, clone, part, setText } from "../lib/dom.js";
import { limitText, sizeText } from "../lib/format.js";
import { keepFocus } from "../lib/focus.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { firstFrame } from "./own-file.js";
import { stateText } from "./progress.js";

/** @type {Record<string, string>} */
const WORDS = { ready: "upload_ready", failed: "upload_failed" };

export class UploadQueue {
  #box = byId("queue-box");
  #list = byId("queue");
  #clear = byId("queue-clear");
  /** @type {Map<Upload, HTMLElement>} */
  #cards = new Map();
  #act;
  #count = 0;
  #words = byId("chat").placeholder;

  /**
   * `act(what, item)`: `retry`, `cancel`, `describe` when the description has changed, `picture` when that is known.
   * @param {(what: string, item: Upload) => unknown} act
   */
  constructor(act) {
    this.#act = act;
    this.#clear.addEventListener("click", () => {
      for (const item of this.#refused) act("cancel", item);
      byId("chat").focus({ preventScroll: true });
    });
  }

  /**
   * Shows an item or its new state, or hides it while it is shown elsewhere.
   * @param {Upload} item
   * @param {boolean} elsewhere
   */
  changed(item, elsewhere) {
    const card = this.#cards.get(item) ?? this.#add(item);
    const { state, why, final } = item;
    card.classList.toggle("upload--failed", state === "failed");
    const sending = state === "sending";
    if (sending && card.dataset.state !== state) announce(fill(texts.talk.upload_progress, { name: item.file.name }));
    card.dataset.state = state;
    setText(card.querySelector(".upload__word"), texts.talk[WORDS[state]] ?? stateText(item));
    const alt = part(card, ".upload__alt");
    alt.readOnly = sending || state === "checking";
    alt.hidden = final;
    const line = part(card, ".upload__why");
    line.hidden = state !== "failed";
    setText(line, state === "failed" && why ? reason(why, item.file) : "");
    if (state === "failed") announce(`${item.file.name}: ${line.textContent}`);
    const retry = part(card, "[data-do=retry]");
    // Who has just pressed it stays in this card.
    if (retry === document.activeElement && state !== "failed")
      part(card, "[data-do=cancel]").focus({ preventScroll: true });
    retry.hidden = state !== "failed" || final;
    keepFocus(() => {
      card.hidden = elsewhere;
      this.#showBox();
    }, byId("chat"));
  }

  /** @param {Upload} item */
  removed(item) {
    const card = this.#cards.get(item);
    if (!card) return;
    this.#cards.delete(item);
    const focused = card.contains(document.activeElement);
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.remove();
    this.#showBox();
    if (focused) (next?.querySelector("[data-do=cancel]") ?? byId("chat")).focus();
  }

  /** @param {Upload} item */
  #add(item) {
    const card = clone("upload-template");
    const name = item.file.name;
    this.#cards.set(item, card);
    this.#count += 1;
    setText(card.querySelector(".upload__name"), name);
    part(card, ".upload__name").title = name;
    setText(card.querySelector(".upload__size"), sizeText(item.file.size));
    const label = part(card, "label");
    const alt = part(card, ".upload__alt");
    alt.id = `alt-${this.#count}`;
    label.htmlFor = alt.id;
    setText(label, fill(texts.chat.alt_label, { name }));
    alt.value = item.alt;
    alt.addEventListener("input", () => {
      item.alt = alt.value.trim();
    });
    alt.addEventListener("change", () => this.#act("describe", item));
    for (const button of card.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.#act(button.dataset.do, item));
    }
    part(card, "[data-do=cancel]").setAttribute("aria-label", fill(texts.chat.cancel_upload, { name }));
    this.#list.append(card);
    this.#box.hidden = false;
    card.scrollIntoView({ block: "nearest" });
    this.#picture(item, part(card, ".upload__art"));
    return card;
  }

  /**
   * A file that is no picture leaves its place empty; the card says in words what is wrong.
   * @param {Upload} item
   * @param {Element} place
   */
  async #picture(item, place) {
    item.picture ??= (await firstFrame(item.file)) ?? undefined;
    if (!item.picture) return;
    const image = new Image();
    image.alt = "";
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(item.picture.still);
    place.append(image);
    this.#act("picture", item);
  }

  #showBox() {
    this.#box.hidden = [...this.#cards.values()].every((card) => card.hidden);
    this.#clear.hidden = this.#refused.length < 2;
    const ready = [...this.#cards.keys()].some(({ state }) => state === "ready");
    byId("chat").placeholder = ready ? texts.talk.caption : this.#words;
  }

  /** What can't be sent, however often one tries. */
  get #refused() {
    return [...this.#cards.keys()].filter(({ state, final }) => state === "failed" && final);
  }
}

const PICTURE = /^(image|video)\//;

/**
 * @param {Refusal} why
 * @param {File} file
 */
function reason(why, file) {
  // What the page has found out itself says what to do.
  if (why.code === "not_a_gif" && !why.message && file.type !== "image/gif" && PICTURE.test(file.type))
    return texts.talk.only_gifs;
  if (why.code !== "too_large" || why.message) return refusal(why);
  return fill(texts.error.too_large, { size: sizeText(why.size ?? 0), limit: limitText(why.limit ?? 0) });
}
