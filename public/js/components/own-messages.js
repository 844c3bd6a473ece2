// Deleting what one wrote oneself. The owner of the room has tools of its own.
import { byId, setText } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";

const dialog = byId("own-dialog");
const error = byId("own-error");
/** @type {{ room: string, id: string } | null} */
let now = null;

/**
 * Asks before a message of one's own is deleted for everyone.
 * @param {string} room
 * @param {StoredSubject} subject
 */
export function deleteOwn(room, { id }) {
  now = { room, id };
  error.hidden = true;
  dialog.showModal();
}

byId("own-do").addEventListener("click", async () => {
  if (!now) return;
  const { room, id } = now;
  try {
    await askJson(`/room/${room}/moderate`, { method: "POST", body: { action: "delete", message: id } });
    dialog.close();
    toast(texts.moderation.delete_done);
  } catch (why) {
    setText(error.querySelector(".field__why"), refusal(/** @type {Refusal} */ (why)));
    error.hidden = false;
  }
});
