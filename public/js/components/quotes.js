// What messages answer: a quote stands over each, says what the original says now, and leads to it.
import { all, clone, part, setText } from "../lib/dom.js";
import { fill, lang, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { showWho, whoIs } from "../lib/who.js";
import { takeFromTab } from "./log-stop.js";
import { isMuted, whenMuted } from "./muted.js";

/**
 * What somebody said, as far as it is quoted, and of which message.
 * @typedef {Pick<Quote, "chat" | "gif" | "alt" | "deleted">} QuotedContent
 * @typedef {Pick<Quote, "_id" | "visitor" | "seq">} Quoted
 */

// Characters of a text that are quoted, as the server cuts it.
const MOST = 140;
// How long what one was led to is marked.
const MARKED = 2_000;

/** @type {WeakMap<Element, QuotedContent>} What quotes say, by their elements, also while their authors are muted. */
const said = new WeakMap();

/**
 * The beginning of a text.
 * @param {string} text
 */
function excerpt(text) {
  const letters = [...text];
  if (letters.length <= MOST) return text;
  const begin = letters.slice(0, MOST - 1).join("");
  return `${begin.trimEnd()}…`;
}

/**
 * The picture of a GIF that is quoted.
 * @param {string} gif
 */
export function makeStill(gif) {
  const still = part(clone("quote-template"), ".quote__still");
  still.src = `/gif/${gif}/still`;
  return still;
}

/**
 * What a message says, in a few words.
 * @param {QuotedContent} message
 */
export function inShort({ chat, gif, alt, deleted }) {
  if (deleted) return texts.reply.gone;
  return chat ?? (gif && alt ? fill(texts.talk.sent_gif, { alt }) : "GIF");
}

/**
 * What answers a message quotes of it.
 * @param {StoredSubject} subject
 * @return {Reply}
 */
export function quoteOf({ id, element, visitor, name, color, hue, text, gif }) {
  const alt = element.querySelector(".gif__frame img")?.alt;
  return {
    _id: id,
    seq: Number(element.dataset.seq),
    visitor,
    user: color,
    hue,
    name: /** @type {any} */ ({ [lang]: name }),
    ...(text !== null && { chat: excerpt(text) }),
    ...(gif && { gif, alt: alt === texts.chat.gif_no_alt ? "" : alt }),
  };
}

/**
 * Puts what a message answers over what it says.
 * @param {HTMLElement} row
 * @param {Reply} reply
 */
export function putQuote(row, reply) {
  row.querySelector(".quote")?.remove();
  part(row, ".message__said").before(makeQuote(reply));
  takeFromTab(row);
}

/** @param {Reply} reply */
function makeQuote({ _id, seq = 0, visitor = "", name, user, hue, ...content }) {
  const quote = clone("quote-template");
  Object.assign(quote.dataset, { of: _id, place: seq, by: visitor });
  if (seq) quote.setAttribute("href", `?before=${seq + 1}`);
  else quote.removeAttribute("href");
  if (visitor) showWho(quote, whoIs({ visitor, name, user, hue }));
  else for (const part of quote.querySelectorAll(".mark, .name")) part.remove();
  say(quote, content);
  return quote;
}

/**
 * @param {HTMLAnchorElement} quote
 * @param {QuotedContent} content
 */
function say(quote, content) {
  said.set(quote, content);
  const muted = isMuted(quote.dataset.by);
  const text = muted && !content.deleted ? texts.mute.line : inShort(content);
  setText(quote.querySelector(".quote__text"), text);
  quote.classList.toggle("quote--gone", Boolean(content.deleted));
  quote.querySelector(".quote__still")?.remove();
  if (muted || content.deleted || !content.gif) return;
  part(quote, ".quote__text").before(makeStill(content.gif));
}

/**
 * Takes over a quote that the server rendered.
 * @param {HTMLAnchorElement} quote
 */
export function adoptQuote(quote) {
  const still = quote.querySelector(".quote__still");
  const gif = still ? new URL(still.src).pathname.split("/")[2] : undefined;
  said.set(quote, {
    chat: part(quote, ".quote__text").textContent,
    gif,
    deleted: quote.classList.contains("quote--gone"),
  });
  if (isMuted(quote.dataset.by)) say(quote, said.get(quote) ?? {});
}

/** @type {(rows: Element) => HTMLAnchorElement[]} */
const quotes = (rows) => all(rows, ".quote");

// What became of a message, by the kind of line that says so.
/** @type {Record<string, (of: Quoted, line: Line) => QuotedContent | false>} */
const effects = {
  edited: ({ _id }, { message, chat, deleted }) => _id === message && { chat: chat && excerpt(chat), deleted },
  deleted: ({ _id }, { message }) => _id === message && { deleted: true },
  cleared: (of, { visitor, seq }) => of.visitor === visitor && (of.seq ?? 0) < seq && { deleted: true },
};

/** @type {(quoted: Quoted, line: Line) => QuotedContent | false | undefined} What the message says now that is quoted, if a line is about it. */
export const becomes = (quoted, line) => effects[line.line]?.(quoted, line);

/**
 * Keeps the quotes true that are about what a line is about.
 * @param {Element} rows
 * @param {Line} line
 */
export function quoteLine(rows, line) {
  for (const quote of quotes(rows)) {
    const { of, by, place } = quote.dataset;
    const now = becomes({ _id: of ?? "", visitor: by, seq: Number(place) }, line);
    if (!now) continue;
    const row = quote.closest(".message");
    if (row) row.ariaLive = "off";
    say(quote, { ...said.get(quote), ...now });
  }
}

/**
 * Quotes of who is muted say nothing, until one hears them again.
 * @param {Element} rows
 */
export function watchMuted(rows) {
  whenMuted(() => {
    for (const quote of quotes(rows)) say(quote, said.get(quote) ?? {});
  });
}

/**
 * Leads to what a quote is of, which is fetched if it is not in the `list`.
 * @param {HTMLElement} quote
 * @param {import("./message-list.js").MessageList} list
 */
export async function followQuote(quote, list) {
  const row = await list.reach(quote.dataset.of ?? "", Number(quote.dataset.place));
  if (!row) return toast(texts.talk.no_answer, { icon: "alert", tone: "" });
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
  row.classList.add("message--found");
  setTimeout(() => row.classList.remove("message--found"), MARKED);
}
