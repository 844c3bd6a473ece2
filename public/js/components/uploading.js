// GIFs from the files that are chosen to the messages that they become: cards while they wait, rows while they are sent, and
// kept by the browser until they are stored.
import { byId, part } from "../lib/dom.js";
import { AT_ONCE, Files } from "../lib/files.js";
import { newNonce } from "../lib/nonce.js";
import { fill, texts } from "../lib/texts.js";
import { postGif } from "../lib/upload.js";
import { Uploads } from "../models/uploads.js";
import { setCaption } from "./message.js";
import { showProgress } from "./progress.js";
import { UploadQueue } from "./upload-queue.js";

const UNDERWAY = ["waiting", "sending", "checking"];

/**
 * `list` shows what is on its way, `stored(message)` what has become of it; `say(text)` tells what can't be taken. Gives the
 * `uploads`, and `take(files)` for what was brought; `returned(caption, reply)` gets back what goes with none.
 * @param {{
 *   room: string,
 *   tab: string,
 *   slowMode: import("../models/slow-mode.js").SlowMode,
 *   limit: number,
 *   list: import("./message-list.js").MessageList,
 *   stored: (message: Message) => void,
 *   say: (text: string) => void,
 *   returned: (caption: string, reply?: Reply) => void,
 * }} page
 */
export function startUploads({ room, tab, slowMode, limit, list, stored, say, returned }) {
  const files = new Files(room, tab);
  const queue = new UploadQueue((what, item) => {
    if (what === "retry") uploads.retry(item);
    else if (what === "cancel") uploads.cancel(item);
    else if (what === "picture") uploads.look(item);
    else files.put(item);
  });
  /** @type {Uploads} */
  const uploads = new Uploads({
    newNonce,
    slowMode,
    limit,
    post: (item, progress) => postGif(`/room/${room}/gif`, item, progress),
    view: {
      changed(item) {
        queue.changed(item, showUnderway(list, item));
        if (item.final) files.remove(item.nonce);
        else if (item.state === "ready" || item.state === "waiting") files.put(item);
      },
      removed(item, isStored) {
        queue.removed(item);
        files.remove(item.nonce);
        // The row of what is stored becomes that of the message.
        if (!isStored) takeOut(list, item);
      },
      stored,
      returned,
    },
  });
  restore(files, uploads);
  /** @param {File[]} brought */
  const take = async (brought) => {
    const free = Math.max(0, AT_ONCE - uploads.size);
    if (brought.length > free) say(fill(texts.talk.too_many_gifs, { n: AT_ONCE }));
    const items = await Promise.all(brought.slice(0, free).map((file) => uploads.add(file)));
    // What is said with them is written there.
    if (items.length > 0) byId("chat").focus({ preventScroll: true });
  };
  return { uploads, take };
}

/**
 * GIFs that waited when the page was left wait again, those under way under the same nonce.
 * @param {Files} files
 * @param {Uploads} uploads
 */
async function restore(files, uploads) {
  for (const { file, waiting, ...known } of await files.left()) {
    const item = await uploads.add(file, known);
    if (waiting) uploads.resume(item);
  }
}

/**
 * What is on its way stands in the list, where it will stay, once its picture is known and until its message is.
 * @param {import("./message-list.js").MessageList} list
 * @param {Upload} item
 */
function showUnderway(list, item) {
  const { nonce, at, state, file, alt, chat, reply, picture } = item;
  const shown = Boolean(picture) && !item.known && UNDERWAY.includes(state);
  /** @param {HTMLElement} row */
  const dress = (row) => {
    setCaption(row, chat);
    showProgress(part(row, ".gif"), item);
  };
  if (!shown) takeOut(list, item);
  else
    list.showItem({
      nonce,
      at,
      state: "pending",
      content: { ...picture, file, alt, chat, reply, bytes: file.size },
      dress,
    });
  return shown;
}

/** @type {(list: import("./message-list.js").MessageList, item: Upload) => void} */
const takeOut = (list, { nonce }) => list.showItem({ nonce, state: "removed" });
