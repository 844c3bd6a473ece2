// The window of whispers with one person. What is written to somebody stays theirs until the server has it.
import { byId, markUrl, part, setHue, setText } from "../lib/dom.js";
import { newNonce } from "../lib/nonce.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { showName } from "../lib/who.js";
import { count } from "../models/rules.js";
import { Gifs } from "./gif.js";
import { makeMessage } from "./message.js";

/**
 * @typedef {import("./whispers.js").Whispers} Whispers
 * @typedef {{ file: File, gif?: undefined } | { gif: Gif, file?: undefined }} Attached
 * @typedef {{
 *   text: string,
 *   draft: { nonce: string, text: string } | null,
 *   attached?: Attached | null,
 *   note?: string,
 *   busy?: boolean,
 * }} Desk
 */

const dialog = byId("whisper");
const log = byId("whisper-log");
const form = byId("whisper-form");
const field = byId("whisper-text");
const picker = byId("whisper-gif");
const chip = byId("whisper-file");
const gifs = new Gifs(log, true);
const marks = [new Image(48, 48), new Image(48, 48), new Image(48, 48)];
const [mark, mine, theirs] = marks;
for (const one of marks) {
  one.className = "mark";
  one.alt = "";
}
mark.classList.add("mark--s");
byId("whisper-two").append(mine, theirs);
const limit = Number(document.body.dataset.chatLimit);

/** @type {{ whispers: Whispers, partner: Who, closed: () => void, desk: Desk }} */
let now;
// What is being written to each: the text, what goes with it, and what became of it. `draft` is what was tried to be sent,
// with one nonce for one thing to say, however often it takes.
/** @type {Map<string, Desk>} */
let desks;

/**
 * Opens it; gives `{partner, show(whispers)}` for what comes while it is open.
 * @param {Whispers} whispers
 * @param {Who} partner
 * @param {() => void} closed
 */
export function openWhisper(whispers, partner, closed) {
  desks ??= new Map(Object.entries(whispers.ways.storage.read("whispering", {})));
  now = { whispers, partner, closed, desk: deskOf(partner.id) };
  const name = part(dialog, ".sheet__title .name");
  showName(name, partner);
  setText(byId("whisper-code"), partner.color);
  setHue(name, partner.hue);
  mark.src = markUrl(partner.id);
  theirs.src = mark.src;
  mine.src = markUrl(whispers.ways.me.id);
  part(dialog, ".sheet__head").prepend(mark);
  log.replaceChildren();
  log.setAttribute("aria-live", "off");
  field.value = now.desk.text;
  showDesk(now.desk);
  show(whispers.with(partner.id));
  dialog.showModal();
  field.focus();
  log.scrollTop = log.scrollHeight;
  setTimeout(() => log.removeAttribute("aria-live"), 500);
  return { partner: partner.id, show };
}

/** @param {Whisper[]} all */
function show(all) {
  const {
    whispers: {
      ways: { me },
    },
    partner,
  } = now;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  for (const whisper of all) {
    if (whisper.visitor !== partner.id && whisper.to.id !== partner.id) continue;
    const row = makeMessage(whisper, me);
    part(row, ".more").remove();
    // One read late is put where it belongs.
    const later = [...log.children].find((other) => other.dataset.at > row.dataset.at);
    log.insertBefore(row, later ?? null);
    gifs.add(row);
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
  if (dialog.open) now.whispers.seen(partner.id);
}

/**
 * @param {string} id
 * @return {Desk}
 */
function deskOf(id) {
  const desk = desks.get(id) ?? { text: "", draft: null };
  desks.set(id, desk);
  return desk;
}

/**
 * Texts outlive a reload of the page; what was attached does not.
 * @param {Desk} desk
 * @param {string} text
 */
function write(desk, text) {
  desk.text = text;
  const kept = [...desks].filter(([, { text }]) => text).map(([id, { text, draft }]) => [id, { text, draft }]);
  now.whispers.ways.storage.write("whispering", Object.fromEntries(kept));
}

/**
 * @param {Desk} desk
 * @param {Attached | null} content
 */
function attach(desk, content) {
  Object.assign(desk, { attached: content, draft: null });
  showDesk(desk);
}

/**
 * @param {Desk} desk
 * @param {string} text
 */
function note(desk, text) {
  desk.note = text;
  showDesk(desk);
}

/** @param {Desk} desk */
function showDesk(desk) {
  if (desk !== now.desk) return;
  const { attached, note = "" } = desk;
  chip.hidden = !attached;
  setText(
    chip.querySelector("span"),
    attached ? (attached.file?.name ?? (attached.gif?.alt || texts.chat.gif_no_alt)) : "",
  );
  field.placeholder = attached ? texts.talk.caption : texts.whisper.text;
  picker.value = "";
  setText(byId("whisper-note"), note);
}

async function submit() {
  const { whispers, partner, desk } = now;
  const { attached } = desk;
  const text = field.value.trim();
  const was = count(text);
  field.focus({ preventScroll: true });
  if (was > limit) return note(desk, fill(texts.field.chat_too_long, { limit, was }));
  if (desk.busy || (!attached && was === 0)) return;
  if (desk.draft?.text !== text) desk.draft = { nonce: newNonce(), text };
  write(desk, field.value);
  desk.busy = true;
  note(desk, texts.chat.sending);
  try {
    const whisper = await send(whispers.ways, partner.id, attached, text, desk.draft.nonce);
    whispers.take([whisper]);
    sent(desk, text, attached);
  } catch (why) {
    note(desk, `${texts.chat.failed} ${refusal(/** @type {Refusal} */ (why))}`);
  }
  desk.busy = false;
}

/**
 * What was written while it was on its way stays.
 * @param {Desk} desk
 * @param {string} text
 * @param {Attached | null | undefined} attached
 */
function sent(desk, text, attached) {
  note(desk, "");
  if (desk.attached === attached) attach(desk, null);
  if (desk.text.trim() === text) write(desk, "");
  if (desk !== now.desk) return;
  field.value = desk.text;
  log.scrollTop = log.scrollHeight;
}

/**
 * @param {Whispers["ways"]} ways
 * @param {string} to
 * @param {Attached | null | undefined} attached
 * @param {string} text
 * @param {string} nonce
 * @return {Promise<Whisper>}
 */
async function send(ways, to, attached, text, nonce) {
  if (attached?.file) return ways.upload({ to, file: attached.file, alt: "", chat: text, nonce });
  const content = attached ? { gif: attached.gif.gif, ...(text && { chat: text }) } : { chat: text };
  return ways.send({ to, ...content, nonce });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
field.addEventListener("input", () => write(now.desk, field.value));
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
picker.addEventListener("change", () => {
  const [file] = picker.files ?? [];
  if (file) {
    attach(now.desk, { file });
    field.focus();
  }
});
part(chip, "button").addEventListener("click", () => {
  attach(now.desk, null);
  field.focus();
});
byId("whisper-tray").addEventListener("click", () => {
  const { desk, whispers } = now;
  whispers.ways.tray((gif) => {
    attach(desk, { gif });
    field.focus();
  });
});
dialog.addEventListener("close", () => {
  now.closed();
  for (const row of log.children) gifs.remove(row);
});
