// The window of whispers with one person. What is written stays in the field until the server has it.
import { byId, markUrl, setHue, setText } from "../lib/dom.js";
import { newNonce } from "../lib/nonce.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { count } from "../models/rules.js";
import { Gifs } from "./gif.js";
import { makeMessage } from "./message.js";

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
const altLimit = Number(document.body.dataset.altLimit);

let now = null;
// One nonce for one thing to say, however often it takes to send it.
let draft = null;

/** Opens it; gives `{partner, show(whispers)}` for what comes while it is open. */
export function openWhisper(whispers, partner, closed) {
  now = { whispers, partner, closed };
  const name = dialog.querySelector(".sheet__title .name");
  name.textContent = partner.color;
  setHue(name, partner.hue);
  mark.src = markUrl(partner.id);
  theirs.src = mark.src;
  mine.src = markUrl(whispers.ways.me.id);
  dialog.querySelector(".sheet__head").prepend(mark);
  log.replaceChildren();
  log.setAttribute("aria-live", "off");
  setText(byId("whisper-note"), "");
  attach(null);
  show(whispers.with(partner.id));
  dialog.showModal();
  field.focus();
  log.scrollTop = log.scrollHeight;
  setTimeout(() => log.removeAttribute("aria-live"), 500);
  return { partner: partner.id, show };
}

function show(all) {
  const { whispers: { ways: { me } }, partner } = now;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  for (const whisper of all) {
    if (whisper.visitor !== partner.id && whisper.to.id !== partner.id) continue;
    const row = makeMessage(whisper, me);
    row.querySelector(".more").remove();
    // One read late is put where it belongs.
    const later = [...log.children].find((other) => other.dataset.at > row.dataset.at);
    log.insertBefore(row, later ?? null);
    gifs.add(row);
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
  if (dialog.open) now.whispers.seen(partner.id);
}

function attach(content) {
  draft = null;
  form.attached = content;
  chip.hidden = !content;
  setText(chip.querySelector("span"), content ? content.file?.name ?? (content.gif.alt || texts.chat.gif_no_alt) : "");
  field.placeholder = content ? texts.chat.alt_placeholder : texts.whisper.text;
  picker.value = "";
}

async function submit() {
  const { whispers, partner } = now;
  const text = field.value.trim();
  const attached = form.attached;
  const most = attached ? altLimit : limit;
  const was = count(text);
  const words = attached ? texts.field.alt_too_long : texts.field.chat_too_long;
  if (was > most) return say(fill(words, { limit: most, was }));
  if (form.busy || (!attached && was === 0)) return;
  if (draft?.text !== text) draft = { nonce: newNonce(), text };
  form.busy = true;
  say(texts.chat.sending);
  try {
    const whisper = await send(whispers.ways, partner.id, attached, text, draft.nonce);
    whispers.take([whisper]);
    say("");
    if (now.partner === partner && field.value.trim() === text) field.value = "";
    attach(null);
    log.scrollTop = log.scrollHeight;
  } catch (why) {
    say(`${texts.chat.failed} ${refusal(why)}`);
  }
  form.busy = false;
  field.focus({ preventScroll: true });
}

async function send(ways, to, attached, text, nonce) {
  if (attached?.file) return ways.upload({ to, file: attached.file, alt: text, nonce });
  const content = attached ? { gif: attached.gif.gif, ...(text && { alt: text }) } : { chat: text };
  return ways.send({ to, ...content, nonce });
}

const say = (text) => setText(byId("whisper-note"), text);

form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
picker.addEventListener("change", () => { if (picker.files[0]) { const [file] = picker.files; attach({ file }); field.focus(); } });
chip.querySelector("button").addEventListener("click", () => { attach(null); field.focus(); });
byId("whisper-tray").addEventListener("click", () => now.whispers.ways.tray((gif) => { attach({ gif }); field.focus(); }));
dialog.addEventListener("close", () => { now.closed(); for (const row of log.children) gifs.remove(row); });
