// What only the owner sees: the form that edits the room, and the question before it is deleted.
import { byId, setText } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { refusal } from "../lib/texts.js";
import { showMistake, watchFields } from "./fields.js";

/** `changed(room)` is told when the server answers with the edited room. */
export function startOwnerTools(room, changed) {
  if (!byId("edit-btn")) return { room() {} };
  const dialog = byId("edit-dialog");
  const form = byId("edit-form");
  const { title, max, password, open } = form.elements;
  const valid = watchFields(form);
  const now = { title: title.value, max: max.value, locked: form.dataset.locked === "true" };

  byId("edit-btn").addEventListener("click", () => {
    title.value = now.title;
    max.value = now.max;
    password.value = "";
    open.checked = false;
    byId("edit-open").hidden = !now.locked;
    byId("edit-error").hidden = true;
    for (const input of [title, max, password]) showMistake(input, "");
    dialog.showModal();
  });
  form.querySelector("[data-do=cancel]").addEventListener("click", () => dialog.close());
  open.addEventListener("change", () => { password.disabled = open.checked; });
  dialog.addEventListener("close", () => { password.disabled = false; password.value = ""; });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!valid()) return;
    const changes = difference();
    if (Object.keys(changes).length === 0) return dialog.close();
    try {
      const answer = await askJson(`/room/${room}`, { method: "PATCH", body: changes });
      if (answer?._id) changed(answer);
      dialog.close();
    } catch (why) {
      showRefusal(why);
    }
  });

  function difference() {
    const changes = {};
    if (title.value.trim() !== now.title) changes.title = title.value.trim();
    if (Number(max.value) !== Number(now.max)) changes.max = Number(max.value);
    if (open.checked) changes.password = "";
    else if (password.value !== "") changes.password = password.value;
    return changes;
  }

  function showRefusal(why) {
    const input = { title, max, password }[why.field];
    if (input) {
      showMistake(input, refusal(why));
      return input.focus();
    }
    setText(byId("edit-error").querySelector(".field__why"), refusal(why));
    byId("edit-error").hidden = false;
  }

  askBeforeDeleting();
  return {
    /** Takes over how the room is now, whoever changed it. */
    room(fresh) { Object.assign(now, { title: fresh.title, max: String(fresh.max), locked: fresh.password }); },
  };
}

function askBeforeDeleting() {
  const form = byId("delete-form");
  const dialog = byId("delete-dialog");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => { if (dialog.returnValue === "delete") form.submit(); });
}
