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
 * }} Composer
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

/** @type {{ whispers: Whispers, partner: Who, closed: () => void, composer: Composer }} */
let now;
// What is being written to each: the text, what goes with it, and what became of it. `draft` is what was tried to be sent,
// with one nonce for one thing to say, however often it takes.
/** @type {Map<string, Composer>} */
let composers;

/**
 * Opens it; gives `{partner, show(whispers)}` for what comes while it is open.
 * @param {Whispers} whispers
 * @param {Who} partner
 * @param {() => void} closed
 */
export function openWhisper(whispers, partner, closed) {
  composers ??= new Map(Object.entries(whispers.ways.storage.read("whispering", {})));
  now = { whispers, partner, closed, composer: composerOf(partner.id) };
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
  field.value = now.composer.text;
  showComposer(now.composer);
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
 * @return {Composer}
 */
function composerOf(id) {
  const composer = composers.get(id) ?? { text: "", draft: null };
  composers.set(id, composer);
  return composer;
}

/**
 * Texts outlive a reload of the page; what was attached does not.
 * @param {Composer} composer
 * @param {string} text
 */
function write(composer, text) {
  composer.text = text;
  const kept = [...composers].filter(([, { text }]) => text).map(([id, { text, draft }]) => [id, { text, draft }]);
  now.whispers.ways.storage.write("whispering", Object.fromEntries(kept));
}

/**
 * @param {Composer} composer
 * @param {Attached | null} content
 */
function attach(composer, content) {
  Object.assign(composer, { attached: content, draft: null });
  showComposer(composer);
}

/**
 * @param {Composer} composer
 * @param {string} text
 */
function note(composer, text) {
  composer.note = text;
  showComposer(composer);
}

/** @param {Composer} composer */
function showComposer(composer) {
  if (composer !== now.composer) return;
  const { attached, note = "" } = composer;
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
  const { whispers, partner, composer } = now;
  const { attached } = composer;
  const text = field.value.trim();
  const was = count(text);
  field.focus({ preventScroll: true });
  if (was > limit) return note(composer, fill(texts.field.chat_too_long, { limit, was }));
  if (composer.busy || (!attached && was === 0)) return;
  if (composer.draft?.text !== text) composer.draft = { nonce: newNonce(), text };
  write(composer, field.value);
  composer.busy = true;
  note(composer, texts.chat.sending);
  try {
    const whisper = await send(whispers.ways, partner.id, attached, text, composer.draft.nonce);
    whispers.take([whisper]);
    sent(composer, text, attached);
  } catch (why) {
    note(composer, `${texts.chat.failed} ${refusal(/** @type {Refusal} */ (why))}`);
  }
  composer.busy = false;
}

/**
 * What was written while it was on its way stays.
 * @param {Composer} composer
 * @param {string} text
 * @param {Attached | null | undefined} attached
 */
function sent(composer, text, attached) {
  note(composer, "");
  if (composer.attached === attached) attach(composer, null);
  if (composer.text.trim() === text) write(composer, "");
  if (composer !== now.composer) return;
  field.value = composer.text;
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
field.addEventListener("input", () => write(now.composer, field.value));
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
picker.addEventListener("change", () => {
  const [file] = picker.files ?? [];
  if (file) {
    attach(now.composer, { file });
    field.focus();
  }
});
part(chip, "button").addEventListener("click", () => {
  attach(now.composer, null);
  field.focus();
});
byId("whisper-tray").addEventListener("click", () => {
  const { composer, whispers } = now;
  whispers.ways.tray((gif) => {
    attach(composer, { gif });
    field.focus();
  });
});
dialog.addEventListener("close", () => {
  now.closed();
  for (const row of log.children) gifs.remove(row);
});
