// One message, made from the server's own fragment. Texts only ever enter as text.
import { byId, clone, part, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { clock, fullDate, sizeText } from "../lib/format.js";
import { shapeOf } from "../lib/looks.js";
import { refusal, texts } from "../lib/texts.js";
import { showWho, whoIn, whoIs } from "../lib/who.js";
import { offersActions } from "./actions.js";
import { dropFile, keepFile, pictureUrl } from "./own-file.js";
import { writeText } from "./text.js";

// What has not been sent for so long can be deleted.
const LONG = 3_000;

/**
 * A message as it is stored, or a whisper.
 * @typedef {Omit<Message, "seq"> & { seq?: number }} Said
 */

/**
 * What a message says, of a GIF also its file while it is not stored.
 * @typedef {Partial<Message> & { file?: File, still?: Blob }} Body
 * @typedef {{ file: File, still: Blob } | { file?: undefined, still?: undefined }} OwnFile
 * @typedef {Omit<Gif, "gif"> & Pick<Body, "gif"> & OwnFile} GifBody
 */

/**
 * A message that still has to be sent.
 * @typedef {{ nonce: string, at: number, content: Body }} Pending
 */

/**
 * A stored message.
 * @param {Said} message
 * @param {Who} me
 */
export function makeMessage(message, me) {
  const element = frame(whoIs(message), me);
  fillBody(element, message);
  store(element, message, me);
  return element;
}

/**
 * Leaves nothing of a message but its place, its author and that it was deleted.
 * @param {HTMLElement} element
 */
export function blank(element) {
  const gone = part(clone("message-template"), ".message__text");
  gone.classList.add("message__gone");
  gone.textContent = texts.line.deleted;
  const more = part(element, ".more");
  keepFocus(
    () => {
      for (const one of element.querySelectorAll(".quote, .reactions, .message__text, .gif, .message__edited")) {
        dropFile(one);
        one.remove();
      }
      part(element, ".message__said").prepend(gone);
      more.hidden = !offersActions(subject(element));
    },
    more,
    byId("chat-list"),
  );
}

/**
 * A message that still has to be sent.
 * @param {Pending} item
 * @param {Who} me
 */
export function makePending(item, me) {
  const element = frame(me, me);
  fillBody(element, item.content);
  element.dataset.nonce = item.nonce;
  delete element.dataset.seq;
  date(element, new Date(item.at).toISOString());
  const remove = part(element, "[data-when=pending] [data-do]");
  if (item.content.file) remove.hidden = false;
  else
    setTimeout(() => {
      remove.hidden = false;
    }, LONG);
  return element;
}

/**
 * Shows how far an own message has come; `final` takes the ways to try again away.
 * @param {HTMLElement} element
 * @param {OutboxItem["state"]} state
 * @param {Refusal} [why]
 * @param {boolean} final
 */
export function setState(element, state, why, final = false) {
  element.dataset.state = state;
  element.classList.toggle("message--pending", state === "pending");
  element.classList.toggle("message--failed", state === "failed");
  if (state === "failed") setText(element.querySelector(".message__why"), why ? refusal(why) : texts.chat.failed);
  if (final) for (const button of element.querySelectorAll(".message__state [data-do]")) button.remove();
}

/**
 * Writes what is said with a GIF under it; while it waits, that may pass on from one that can't be sent.
 * @param {HTMLElement} element
 * @param {string} [chat]
 */
export function setCaption(element, chat) {
  const known = element.querySelector(".message__text");
  if (!chat) return known?.remove();
  const text = known ?? part(clone("message-template"), ".message__text");
  if (!known) part(element, ".gif").after(text);
  element.querySelector(".gif__alt")?.remove();
  if (text.textContent !== chat) writeText(text, chat);
}

/**
 * Turns an element into the stored message.
 * @param {HTMLElement} element
 * @param {Said} message
 * @param {Who} me
 */
export function store(element, message, me) {
  element.dataset.id = message._id;
  if (message.seq !== undefined) element.dataset.seq = String(message.seq);
  delete element.dataset.nonce;
  if (message.visitor === me.id) setState(element, "sent");
  if (message.gif) nameGif(part(element, ".gif"), /** @type {GifBody} */ (message));
  for (const line of element.querySelectorAll(".message__state")) line.remove();
  date(element, message.createdAt);
  part(element, ".more").hidden = !offersActions(subject(element));
}

/**
 * Takes over a message that the server rendered.
 * @param {HTMLElement} element
 */
export function adopt(element) {
  date(element, part(element, ".message__time").dateTime);
  part(element, ".more").hidden = !offersActions(subject(element));
}

/**
 * What the actions of a message are given.
 * @type {(element: HTMLElement) => MessageSubject}
 */
export const subject = (element) => ({
  kind: "message",
  element,
  id: element.dataset.id,
  visitor: element.dataset.visitor,
  ...whoIn(element),
  mine: element.classList.contains("mine"),
  text: wordsOf(element.querySelector(".message__text:not(.message__gone)")),
  gif: element.querySelector(".gif")?.dataset.name ?? null,
});

/**
 * Behind the text may stand that it was edited.
 * @param {HTMLElement | null} text
 */
function wordsOf(text) {
  const mark = text?.querySelector(".message__edited");
  return text ? text.textContent.slice(0, mark ? -mark.textContent.length - 1 : undefined) : null;
}

/**
 * @param {HTMLElement} element
 * @param {string} at
 */
function date(element, at) {
  element.dataset.at = at;
  const time = part(element, ".message__time");
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return;
  time.dateTime = at;
  setText(time, clock(moment));
  time.title = fullDate(moment);
  const name = part(element, ".name").textContent;
  const label = `${name} ${time.textContent}`;
  element.setAttribute("aria-label", label);
  part(element, ".more").setAttribute("aria-label", `${texts.chat.more}: ${label}`);
}

/**
 * @param {Who} who
 * @param {Who} me
 */
function frame(who, me) {
  const element = clone("message-template");
  const mine = who.id === me.id;
  element.classList.toggle("mine", mine);
  element.classList.toggle("other", !mine);
  element.dataset.visitor = who.id;
  for (const other of element.querySelectorAll(mine ? ".message__mark" : ".message__me")) other.remove();
  showWho(element, who);
  part(element, ".more").hidden = true;
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Body} message
 */
function fillBody(element, message) {
  if (message.deleted) {
    blank(element);
  } else if (message.gif ?? message.file) {
    fillGif(part(element, ".gif"), /** @type {GifBody} */ (message));
    setCaption(element, message.chat);
  } else {
    part(element, ".gif").remove();
    writeText(part(element, ".message__text"), message.chat ?? "");
  }
}

/**
 * What is known of a GIF once the server has it.
 * @param {HTMLElement} figure
 * @param {Pick<GifBody, "gif" | "bytes">} gif
 */
function nameGif(figure, { gif, bytes }) {
  Object.assign(figure.dataset, { name: gif, bytes });
  setText(figure.querySelector(".gif__size"), `GIF ${sizeText(bytes)}`);
  part(figure, ".gif__open").href = `/gif/${gif}`;
  figure.querySelector(".gif__ring")?.remove();
}

/**
 * @param {HTMLElement} figure
 * @param {GifBody} gif
 */
function fillGif(figure, { gif, width, height, bytes, alt, file, still }) {
  figure.classList.remove("gif--tiny");
  const kind = shapeOf(width, height);
  if (kind) figure.classList.add(kind);
  nameGif(figure, { gif, bytes });
  if (file) {
    keepFile(figure, file, still);
    part(figure, ".gif__open").removeAttribute("href");
  }
  const image = part(figure, "img");
  image.width = width;
  image.height = height;
  image.alt = alt || texts.chat.gif_no_alt;
  image.src = pictureUrl(figure, false);
  const caption = part(figure, ".gif__alt");
  if (alt) caption.textContent = alt;
  else caption.remove();
}
