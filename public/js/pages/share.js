// share.html: GIFs that were shared with the site go where those wait that are chosen in a room, and its page takes them from
// there, as after a reload. Nothing is sent by that.
import { firstFrame } from "../components/own-file.js";
import { startTheme } from "../components/theme.js";
import { all, byId, clone, opensElsewhere, part, setText, siteName } from "../lib/dom.js";
import { AT_ONCE, Files } from "../lib/files.js";
import { drop, held } from "../lib/held.js";
import { HAS_FILES, RoomStorage } from "../lib/room-storage.js";
import { newNonce } from "../lib/nonce.js";
import "../lib/worker.js";

const links = all(document, "#share-rooms a");
/** @type {File[]} */
let brought = [];
let chosen = false;

/** @param {File[]} files */
function show(files) {
  brought = files;
  const lost = brought.length === 0;
  byId("share-held").hidden = lost;
  byId("share-lost").hidden = !lost;
  document.title = `${part(document, ".hero:not([hidden]) h1").textContent} – ${siteName()}`;
  byId("share-files").replaceChildren(...brought.map(card));
}

/**
 * A file, with its first frame once that is known; what is no picture has none.
 * @param {File} file
 */
function card(file) {
  const item = clone("share-template");
  setText(item.querySelector(".share__name"), file.name);
  firstFrame(file).then((picture) => {
    if (!picture) return;
    const image = new Image();
    image.alt = "";
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(picture.still);
    part(item, ".share__art").replaceChildren(image);
  });
  return item;
}

/**
 * Puts what was shared where the page of a room looks for what it left behind; whether the browser keeps it.
 * @param {string} room
 */
async function bring(room) {
  const storage = new RoomStorage(room);
  const files = new Files(room, storage.tab);
  const free = AT_ONCE - (await files.left()).length;
  const now = Date.now();
  for (const [n, file] of brought.slice(0, Math.max(0, free)).entries()) {
    if (!(await files.put({ nonce: newNonce(), file, alt: "", chat: "", state: "ready", at: now + n }))) return false;
  }
  storage.write(HAS_FILES, true);
  return true;
}

/** @param {HTMLAnchorElement} link */
async function choose(link) {
  if (chosen) return;
  chosen = true;
  const kept = await bring(link.dataset.id);
  await drop();
  if (kept) location.replace(link.href);
  else show([]);
}

async function take() {
  if (links.length === 0) return drop();
  const { files, left } = await held();
  show(files);
  if (files.length === 0) return null;
  // Nobody else would drop them if this page stays open.
  return setTimeout(() => {
    show([]);
    drop();
  }, left);
}

function startShare() {
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (opensElsewhere(event) || brought.length === 0) return;
      event.preventDefault();
      choose(link);
    });
  }
  // Until it is known what was brought no room opens: it would open without that.
  take()
    .catch(() => {
      if (links.length > 0) show([]);
    })
    .finally(() => byId("share-rooms")?.removeAttribute("inert"));
}

for (const start of [startTheme, startShare]) start();
