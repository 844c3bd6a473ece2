// One message, made from the server's own fragment. Texts only ever enter as text.
import { clone, markUrl, setHue, setText } from "../lib/dom.js";
import { clock, fullDate, sizeText } from "../lib/format.js";
import { hueOf } from "../lib/hue.js";
import { refusal, texts } from "../lib/texts.js";
import { dressGif } from "./gif.js";

/** A stored message. */
export function makeMessage(message, me) {
  const element = frame(message.visitor, message.user, message.hue, me);
  if (message.deleted) {
    blank(element);
  } else if (message.gif) {
    element.querySelector(".message__text").remove();
    fillGif(element.querySelector(".gif"), message);
  } else {
    element.querySelector(".gif").remove();
    element.querySelector(".message__text").textContent = message.chat;
  }
  store(element, message, me);
  return element;
}

/** Leaves nothing of a message but its place, its author and that it was deleted. */
export function blank(element) {
  const gone = clone("message-template").querySelector(".message__text");
  gone.classList.add("message__gone");
  gone.textContent = texts.line.deleted;
  for (const part of element.querySelectorAll(".message__text, .gif")) part.remove();
  element.querySelector(".message__head").after(gone);
}

/** A text that still has to be sent. */
export function makePending(item, me) {
  const element = frame(me.id, me.color, me.hue, me);
  element.querySelector(".gif").remove();
  element.querySelector(".message__text").textContent = item.chat;
  element.dataset.nonce = item.nonce;
  delete element.dataset.seq;
  element.querySelector(".message__time").dateTime = new Date(item.at).toISOString();
  localTime(element);
  return element;
}

/** Shows how far an own text has come. */
export function setState(element, state, why) {
  element.dataset.state = state;
  element.classList.toggle("message--pending", state === "pending");
  element.classList.toggle("message--failed", state === "failed");
  if (state === "failed") setText(element.querySelector(".message__why"), why ? refusal(why) : texts.chat.failed);
}

/** Turns an element into the stored message. */
export function store(element, message, me) {
  element.dataset.id = message._id;
  element.dataset.seq = message.seq;
  delete element.dataset.nonce;
  if (message.visitor === me.id) setState(element, "sent");
  for (const line of element.querySelectorAll(".message__state")) line.remove();
  element.querySelector(".message__time").dateTime = message.createdAt;
  localTime(element);
}

/** Writes the time of a message as the clock on this wall says it. */
export function localTime(element) {
  const time = element.querySelector(".message__time");
  const date = new Date(time.dateTime);
  if (Number.isNaN(date.getTime())) return;
  setText(time, clock(date));
  time.title = fullDate(date);
}

function frame(visitor, color, hue, me) {
  const element = clone("message-template");
  const mine = visitor === me.id;
  element.classList.toggle("mine", mine);
  element.classList.toggle("other", !mine);
  setHue(element, hue === undefined ? hueOf(color) : hue);
  element.dataset.visitor = visitor;
  for (const part of element.querySelectorAll(mine ? ".message__mark" : ".message__me")) part.remove();
  element.querySelector(".mark").src = markUrl(visitor);
  element.querySelector(".name").textContent = color;
  return element;
}

const SMALL = 160;

function shape(width, height) {
  if (width < SMALL) return "gif--small";
  if (width * 5 < height * 4) return "gif--tall";
  return width * 4 <= height * 5 ? "gif--square" : "";
}

function fillGif(figure, { gif, width, height, bytes, alt }) {
  figure.classList.remove("gif--small");
  const kind = shape(width, height);
  if (kind) figure.classList.add(kind);
  figure.dataset.name = gif;
  const image = figure.querySelector("img");
  image.width = width;
  image.height = height;
  image.alt = alt || texts.chat.gif_no_alt;
  figure.querySelector("source").srcset = `/gif/${gif}/still`;
  image.src = `/gif/${gif}`;
  setText(figure.querySelector(".gif__size"), `GIF ${sizeText(bytes)}`);
  const caption = figure.querySelector(".gif__alt");
  if (alt) caption.textContent = alt;
  else caption.remove();
  dressGif(figure);
}
