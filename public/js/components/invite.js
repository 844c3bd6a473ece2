// Inviting others: the link, a code for their camera, copying, sharing, and taking it all back.
import { byId, part, setText } from "../lib/dom.js";
import { askJson, getJson } from "../lib/http.js";
import { refusal, texts } from "../lib/texts.js";

const dialog = byId("invite");
const field = byId("invite-url");
const code = new Image(232, 232);
const withdraw = byId("invite-withdraw");
const ways = [field, byId("invite-copy"), byId("invite-share")];
const anew = byId("invite-new");
let path = "";
/** @type {() => void} */
let again;
let picture = "";

code.id = "invite-qr";
code.alt = texts.invite.qr;

/**
 * Opens it. Only the owner of a locked room can let others in without the password.
 * @param {string} room
 * @param {{ mine: boolean, locked: boolean, title: string }} facts
 */
export async function openInvite(room, facts) {
  const { mine, locked, title } = facts;
  path = `/room/${room}/invite`;
  again = () => openInvite(room, facts);
  const secret = mine && locked;
  setText(byId("invite-text"), secret ? texts.invite.secret : locked ? texts.invite.locked : texts.invite.open);
  empty();
  for (const way of ways) way.hidden = way.id === "invite-share" && !navigator.share;
  anew.hidden = true;
  dialog.dataset.title = title;
  say("");
  if (!dialog.open) dialog.showModal();
  try {
    /** @type {Invite} */
    const invite = secret ? await askJson(path, { method: "POST", body: {} }) : await getJson(path);
    show(invite);
    withdraw.hidden = !secret;
    byId("invite-copy").focus();
  } catch (why) {
    say(refusal(/** @type {Refusal} */ (why)));
  }
}

function empty() {
  field.value = "";
  code.remove();
  withdraw.hidden = true;
}

/** @param {Invite} invite */
function show({ url, qr }) {
  field.value = url;
  URL.revokeObjectURL(picture);
  picture = URL.createObjectURL(new Blob([qr], { type: "image/svg+xml" }));
  code.src = picture;
  part(dialog, ".invite__qr").append(code);
}

/** @type {(text: string) => void} */
const say = (text) => setText(byId("invite-note"), text);

byId("invite-copy").addEventListener("click", async () => {
  if (!field.value) return;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // A page without https may not write by itself, but it may copy what is selected.
    field.select();
    if (!document.execCommand("copy")) return say(texts.invite.copy_self);
  }
  say(texts.invite.copied);
});

byId("invite-share").addEventListener("click", () => {
  navigator.share({ title: dialog.dataset.title, url: field.value }).catch(() => {
    /* they changed their mind */
  });
});

withdraw.addEventListener("click", async () => {
  try {
    await askJson(path, { method: "DELETE" });
  } catch (why) {
    return say(refusal(/** @type {Refusal} */ (why)));
  }
  // There is nothing left to copy.
  empty();
  for (const way of ways) way.hidden = true;
  setText(byId("invite-text"), "");
  say(texts.invite.withdrawn);
  anew.hidden = false;
  anew.focus();
});
anew.addEventListener("click", () => again());
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog) dialog.close();
});
