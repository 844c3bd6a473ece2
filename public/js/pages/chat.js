// chat.html: puts the models of a room and the parts of its page together.
import { Composer } from "../components/composer.js";
import { startFiles } from "../components/file-sources.js";
import { MembersView } from "../components/members.js";
import { MessageList } from "../components/message-list.js";
import { Notices } from "../components/notices.js";
import { startOwnerTools } from "../components/owner-tools.js";
import { startTheme } from "../components/theme.js";
import { UploadQueue } from "../components/upload-queue.js";
import { announce, byId, setText } from "../lib/dom.js";
import { askJson, getJson } from "../lib/http.js";
import { Keep } from "../lib/keep.js";
import { liveSocket, seemsBlocked } from "../lib/live.js";
import { newNonce } from "../lib/nonce.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { postGif } from "../lib/upload.js";
import { Conversation } from "../models/conversation.js";
import { Outbox } from "../models/outbox.js";
import { Timeline } from "../models/timeline.js";
import { Uploads } from "../models/uploads.js";

const ASK_EVERY = 3_000;
const GIFS_AT_ONCE = 20;

const page = document.body.dataset;
const room = page.room;
const me = { id: page.me, color: page.color, hue: page.hue === "" ? null : Number(page.hue) };
const keep = new Keep(room);

startTheme();

const socket = liveSocket("/chat");
const list = new MessageList(room, me);
const members = new MembersView(me, page.owner);
const notices = new Notices(() => socket.retryNow());
const owner = startOwnerTools(room, (fresh) => changed(fresh));
let asking = null;

const outbox = new Outbox({
  newNonce,
  saved: keep.read("unsent", []),
  send: (item) => (conversation.joined || !asking ? conversation.say(item) : post(item)),
  changed: (item) => {
    list.showItem(item);
    if (item.state === "failed") announce(`${texts.chat.failed} ${refusal(item.why)}`);
    saveUnsent();
  },
});

const queue = new UploadQueue((what, item) => (what === "retry" ? uploads.retry(item) : uploads.cancel(item)));
const uploads = new Uploads({
  newNonce,
  limit: Number(page.gifLimit),
  post: (item, progress) => postGif(`/room/${room}/gif`, item, progress),
  view: {
    changed: (item) => queue.changed(item),
    removed: (item) => queue.removed(item),
    stored: (message) => conversation.take(message),
  },
});

const conversation = new Conversation({
  room,
  socket,
  getJson,
  timeline: new Timeline(Number(page.last)),
  view: {
    deliver(messages) {
      list.deliver(messages);
      for (const message of messages) {
        this.known(message);
        if (message.line) members.line(message);
      }
    },
    known(message) { if (message.visitor === me.id) outbox.confirm(message.nonce); },
    joined(ack) {
      clearInterval(asking);
      asking = null;
      notices.lineUp();
      // A session that ran out in the meantime made us somebody else.
      Object.assign(me, ack.you);
      members.replace(ack.members, ack.seq);
      changed(ack.room);
      outbox.start();
      uploads.start();
    },
    left() {
      outbox.stop();
      uploads.stop();
      notices.lineDown();
    },
    refused: (why, again) => notices.refused(why, again),
    changed,
    gone() {
      clearInterval(asking);
      outbox.stop();
      uploads.stop();
      composer.close();
      keep.write("unsent", []);
      keep.write("draft", "");
      notices.gone(byId("chat-form").dataset.list);
    },
    exception: (why) => notices.exception(why),
  },
});

const composer = new Composer({
  limit: Number(page.chatLimit),
  draft: keep.read("draft", ""),
  typed: (text) => keep.write("draft", text),
  send(text) {
    if (text && !outbox.add(text)) {
      composer.say(fill(texts.talk.too_many, { n: outbox.limit }));
      return false;
    }
    uploads.send();
    return true;
  },
});

for (const item of outbox.items) list.showItem(item);
list.onFailed((what, nonce) => (what === "retry" ? outbox.retry(nonce) : outbox.remove(nonce)));

startFiles(async (files) => {
  const free = Math.max(0, GIFS_AT_ONCE - uploads.size);
  if (files.length > free) composer.say(fill(texts.talk.too_many_gifs, { n: GIFS_AT_ONCE }));
  const items = await Promise.all(files.slice(0, free).map((file) => uploads.add(file)));
  if (items.length > 0) queue.focus(items[0]);
});

byId("exit-btn").addEventListener("click", () => conversation.leave());

socket.on("failed", (failure) => {
  if (asking) return;
  const blocked = seemsBlocked(failure);
  notices.lineDown(blocked);
  if (blocked) poll();
});
notices.lineDown();
socket.open();

function changed(fresh) {
  setText(byId("room-title"), fresh.title);
  document.title = `${fresh.title} – gifchat`;
  byId("room-lock").hidden = !fresh.password;
  members.room(fresh);
  owner.room(fresh);
}

function saveUnsent() {
  keep.write("unsent", outbox.items.map(({ nonce, chat, at }) => ({ nonce, chat, at })));
}

// WebSocket is blocked: ask for messages now and then, and send by HTTP as far as the server lets us.
function poll() {
  asking = setInterval(() => conversation.catchUp(), ASK_EVERY);
  conversation.catchUp();
  outbox.start();
  uploads.start();
}

async function post({ chat, nonce }) {
  try {
    const message = await askJson(`/room/${room}/chat`, { method: "POST", body: { chat, nonce } });
    conversation.take(message);
    return { ok: true };
  } catch (why) {
    if (why.code === "offline") throw why;
    return why.code === "not_a_member" ? { code: why.code, message: texts.talk.polling_post } : why;
  }
}
