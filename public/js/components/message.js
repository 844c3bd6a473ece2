// One message, made from the server's own fragment. Texts only ever enter as text.
import { byId, clone, setText } from "../lib/dom.js";
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

/** A stored message. */
export function makeMessage(message, me) {
  const element = frame(whoIs(message), me);
  fillBody(element, message);
  store(element, message, me);
  return element;
}

/** Leaves nothing of a message but its place, its author and that it was deleted. */
export function blank(element) {
  const gone = clone("message-template").querySelector(".message__text");
  gone.classList.add("message__gone");
  gone.textContent = texts.line.deleted;
  const more = element.querySelector(".more");
  keepFocus(
    () => {
      for (const part of element.querySelectorAll(".quote, .reactions, .message__text, .gif, .message__edited")) {
        dropFile(part);
        part.remove();
      }
      element.querySelector(".message__said").prepend(gone);
      more.hidden = !offersActions(subject(element));
    },
    more,
    byId("chat-list"),
  );
}

/** A message that still has to be sent: `item.content` has `chat`, or what a message with a GIF has, or its file. */
export function makePending(item, me) {
  const element = frame(me, me);
  fillBody(element, item.content);
  element.dataset.nonce = item.nonce;
  delete element.dataset.seq;
  date(element, new Date(item.at).toISOString());
  const remove = element.querySelector("[data-when=pending] [data-do]");
  if (item.content.file) remove.hidden = false;
  else
    setTimeout(() => {
      remove.hidden = false;
    }, LONG);
  return element;
}

/** Shows how far an own message has come; `final` takes the ways to try again away. */
export function setState(element, state, why, final = false) {
  element.dataset.state = state;
  element.classList.toggle("message--pending", state === "pending");
  element.classList.toggle("message--failed", state === "failed");
  if (state === "failed") setText(element.querySelector(".message__why"), why ? refusal(why) : texts.chat.failed);
  if (final) for (const button of element.querySelectorAll(".message__state [data-do]")) button.remove();
}

/** Writes what is said with a GIF under it; while it waits, that may pass on from one that can't be sent. */
export function setCaption(element, chat) {
  const known = element.querySelector(".message__text");
  if (!chat) return known?.remove();
  const text = known ?? clone("message-template").querySelector(".message__text");
  if (!known) element.querySelector(".gif").after(text);
  element.querySelector(".gif__alt")?.remove();
  if (text.textContent !== chat) writeText(text, chat);
}

/** Turns an element into the stored message. */
export function store(element, message, me) {
  element.dataset.id = message._id;
  if (message.seq !== undefined) element.dataset.seq = message.seq;
  delete element.dataset.nonce;
  if (message.visitor === me.id) setState(element, "sent");
  if (message.gif) nameGif(element.querySelector(".gif"), message);
  for (const line of element.querySelectorAll(".message__state")) line.remove();
  date(element, message.createdAt);
  element.querySelector(".more").hidden = !offersActions(subject(element));
}

/** Takes over a message that the server rendered. */
export function adopt(element) {
  date(element, element.querySelector(".message__time").dateTime);
  element.querySelector(".more").hidden = !offersActions(subject(element));
}

/** What the actions of a message are given. */
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

// Behind the text may stand that it was edited.
function wordsOf(text) {
  const mark = text?.querySelector(".message__edited");
  return text ? text.textContent.slice(0, mark ? -mark.textContent.length - 1 : undefined) : null;
}

function date(element, at) {
  element.dataset.at = at;
  const time = element.querySelector(".message__time");
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return;
  time.dateTime = at;
  setText(time, clock(moment));
  time.title = fullDate(moment);
  const name = element.querySelector(".name").textContent;
  const label = `${name} ${time.textContent}`;
  element.setAttribute("aria-label", label);
  element.querySelector(".more").setAttribute("aria-label", `${texts.chat.more}: ${label}`);
}

function frame(who, me) {
  const element = clone("message-template");
  const mine = who.id === me.id;
  element.classList.toggle("mine", mine);
  element.classList.toggle("other", !mine);
  element.dataset.visitor = who.id;
  for (const part of element.querySelectorAll(mine ? ".message__mark" : ".message__me")) part.remove();
  showWho(element, who);
  element.querySelector(".more").hidden = true;
  return element;
}

function fillBody(element, message) {
  if (message.deleted) {
    blank(element);
  } else if (message.gif ?? message.file) {
    fillGif(element.querySelector(".gif"), message);
    setCaption(element, message.chat);
  } else {
    element.querySelector(".gif").remove();
    writeText(element.querySelector(".message__text"), message.chat);
  }
}

// What is known of a GIF once the server has it.
function nameGif(figure, { gif, bytes }) {
  Object.assign(figure.dataset, { name: gif, bytes });
  setText(figure.querySelector(".gif__size"), `GIF ${sizeText(bytes)}`);
  figure.querySelector(".gif__open").href = `/gif/${gif}`;
  figure.querySelector(".gif__ring")?.remove();
}

function fillGif(figure, { gif, width, height, bytes, alt, file, still }) {
  figure.classList.remove("gif--tiny");
  const kind = shapeOf(width, height);
  if (kind) figure.classList.add(kind);
  nameGif(figure, { gif, bytes });
  if (file) {
    keepFile(figure, file, still);
    figure.querySelector(".gif__open").removeAttribute("href");
  }
  const image = figure.querySelector("img");
  image.width = width;
  image.height = height;
  image.alt = alt || texts.chat.gif_no_alt;
  image.src = pictureUrl(figure, false);
  const caption = figure.querySelector(".gif__alt");
  if (alt) caption.textContent = alt;
  else caption.remove();
}
