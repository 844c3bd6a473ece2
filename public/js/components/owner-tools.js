// What only the owner sees: the form that edits the room, the question before it is deleted, entries in the menus.
import { byId, part, setText } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { showMistake, watchFields } from "./fields.js";
import { showBans, startModeration } from "./moderation.js";

// Sheets that only an owner may have open; that of the reports comes by itself.
const SHEETS = ["edit-dialog", "delete-dialog", "deed-dialog", "reports"];

/** @param {Pick<ChatPage, "room" | "facts" | "changed">} page */
export function startOwnerTools(page) {
  const { room, facts: now, changed } = page;
  const dialog = byId("edit-dialog");
  const form = byId("edit-form");
  const { title, max, password, open, closed, crowd, slow } = form.elements;
  const valid = watchFields(form);
  startModeration(page);

  function edit() {
    title.value = now.title;
    max.value = String(now.max);
    closed.checked = now.closed;
    crowd.checked = now.crowd;
    slow.value = String(now.slow);
    showBans(room).catch(() => {});
    password.value = "";
    open.checked = false;
    byId("edit-open").hidden = !now.locked;
    byId("edit-error").hidden = true;
    for (const input of [title, max, password]) showMistake(input, "");
    dialog.showModal();
    title.focus();
  }
  part(form, "[data-do=cancel]").addEventListener("click", () => dialog.close());
  open.addEventListener("change", () => {
    password.disabled = open.checked;
  });
  dialog.addEventListener("close", () => {
    password.disabled = false;
    password.value = "";
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!valid()) return;
    const changes = difference();
    if (Object.keys(changes).length === 0) return dialog.close();
    try {
      const answer = await askJson(`/room/${room}`, { method: "PATCH", body: changes });
      if (answer?._id) changed(answer);
      dialog.close();
      toast(texts.owner.saved);
    } catch (why) {
      showRefusal(/** @type {Refusal} */ (why));
    }
  });

  function difference() {
    /** @type {Record<string, unknown>} */
    const changes = {};
    if (title.value.trim() !== now.title) changes.title = title.value.trim();
    if (Number(max.value) !== Number(now.max)) changes.max = Number(max.value);
    if (closed.checked !== now.closed) changes.closed = closed.checked;
    if (crowd.checked !== now.crowd) changes.crowd = crowd.checked;
    if (slow.value !== "" && Number(slow.value) !== Number(now.slow)) changes.slow = Number(slow.value);
    if (open.checked) changes.password = "";
    else if (password.value !== "") changes.password = password.value;
    return changes;
  }

  /** @param {Refusal} why */
  function showRefusal(why) {
    const input = [title, max, password].find(({ name }) => name === why.field);
    if (input) {
      showMistake(input, refusal(why));
      return input.focus();
    }
    setText(byId("edit-error").querySelector(".field__why"), refusal(why));
    byId("edit-error").hidden = false;
  }

  const question = byId("delete-dialog");
  byId("delete-form").action = `/room/${room}/delete`;
  byId("delete-btn").addEventListener("click", () => {
    question.returnValue = "";
    question.showModal();
  });
  question.addEventListener("close", () => {
    if (question.returnValue === "delete") byId("delete-form").submit();
  });
  return {
    edit,
    /** What was handed over is not edited any more. */
    close() {
      for (const id of SHEETS) /** @type {HTMLDialogElement | null} */ (document.getElementById(id))?.close();
    },
  };
}
