// What one sends: texts, GIFs, and that one writes.
import { Composer } from "../components/composer.js";
import { showTyping } from "../components/typing-line.js";
import { UploadsLater } from "../components/uploads-later.js";
import { openGifs } from "../components/viewer-later.js";
import { announce } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { newNonce } from "../lib/nonce.js";
import { fetchSheet } from "../lib/sheets.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { Outbox } from "../models/outbox.js";
import { SlowMode } from "../models/slow-mode.js";
import { Typing } from "../models/typing.js";

/** @param {ChatPage} page */
export function startSending(page) {
  page.slowMode = new SlowMode({ changed: (seconds) => page.composer.pause(seconds) });
  page.say = (text) => page.composer.say(text);
  page.outbox = makeOutbox(page);
  page.uploads = makeUploads(page);
  page.typing = new Typing({
    changed(visitors) {
      showTyping(visitors);
      page.members.typing(visitors);
    },
    say: () => page.conversation.typing(),
  });
  page.add = (content) => {
    if (page.outbox.add({ ...content, reply: page.extras.reply })) return answered(page);
    page.say(fill(texts.talk.too_many, { n: page.outbox.limit }));
    return false;
  };
  page.composer = makeComposer(page);
  for (const item of page.outbox.items) page.list.showItem(item);
  page.list.onFailed((what, nonce) => {
    const upload = page.uploads.find(nonce);
    if (upload) page.uploads.cancel(upload);
    else if (what === "retry") page.outbox.retry(nonce);
    else page.outbox.remove(nonce);
  });
  openGifs(page.add);
}

/** @param {ChatPage} page */
function makeOutbox(page) {
  const outbox = new Outbox({
    newNonce,
    slowMode: page.slowMode,
    saved: page.storage.read("unsent", []),
    send: async ({ nonce, content }) => {
      const item = { nonce, content: { ...content, reply: content.reply?._id } };
      const ack = await (page.polls() ? post(page, item) : page.conversation.say(item));
      if (ack?.ok) hasSaid(page);
      // A GIF to be sent again that is gone: trying again would not help.
      if (ack?.code === "page_not_found") {
        outbox.remove(nonce);
        page.say(refusal(ack));
      }
      return ack;
    },
    changed: (item) => {
      page.list.showItem(item);
      if (item.state === "failed" && !item.final) announce(`${texts.chat.failed} ${refusal(item.why)}`);
      page.storage.write("unsent", outbox.unsent);
    },
  });
  return outbox;
}

/**
 * Where WebSocket is blocked, by HTTP as far as the server lets us.
 * @param {ChatPage} page
 * @param {{ content: object, nonce: string }} item
 * @return {Promise<Ack>}
 */
async function post({ room, conversation }, { content, nonce }) {
  try {
    const message = await askJson(`/room/${room}/chat`, { method: "POST", body: { ...content, nonce } });
    conversation.take(message);
    return { ok: true };
  } catch (thrown) {
    const why = /** @type {Refusal} */ (thrown);
    if (why.code === "offline") throw why;
    return why.code === "not_a_member" ? { code: why.code, message: texts.talk.polling_post } : why;
  }
}

/** @param {ChatPage} page */
function makeUploads(page) {
  const { room, storage, slowMode, list, say } = page;
  /** @param {Message} message */
  const stored = (message) => {
    hasSaid(page);
    page.conversation.take(message);
  };
  /**
   * What no GIF takes along.
   * @param {string} text
   * @param {Reply} [reply]
   */
  const returned = (text, reply) => {
    if (text) page.composer.giveBack(text);
    page.extras.answer(reply);
  };
  return new UploadsLater({
    storage,
    say,
    load: async () => {
      const { startUploads } = await fetchSheet("queue", () => import("../components/uploading.js"));
      return startUploads({ room, tab: storage.tab, slowMode, list, limit: page.gifLimit, stored, say, returned });
    },
  });
}

/** @param {ChatPage} page */
function makeComposer(page) {
  return new Composer({
    limit: page.chatLimit,
    draft: page.storage.read("draft", ""),
    typed(text) {
      if (page.extras.editing) return;
      page.storage.write("draft", text);
      page.typing.wrote(text);
    },
    send: (text) => {
      if (page.uploads.send(text, page.extras.reply)) return answered(page);
      return !text || page.add({ chat: text });
    },
  });
}

/** @param {ChatPage} page */
function answered({ extras }) {
  extras.answer();
  return true;
}

/** @param {ChatPage} page */
function hasSaid({ facts, slowMode }) {
  if (facts.slow && !facts.mine) slowMode.hold(facts.slow);
}
