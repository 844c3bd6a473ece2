// What only the owner sees: the form that edits the room, and the question before it is deleted.
import { byId, setText } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { refusal } from "../lib/texts.js";
import { showMistake, watchFields } from "./fields.js";
import { showBans } from "./moderation.js";

/** `changed(room)` is told when the server answers with the edited room. */
export function startOwnerTools(room, changed) {
  const dialog = byId("edit-dialog");
  const form = byId("edit-form");
  const { title, max, password, open, closed, slow } = form.elements;
  const valid = watchFields(form);
  const now = { title: title.value, max: max.value, locked: form.dataset.locked === "true", closed: closed.checked, slow: slow.value };

  byId("edit-btn").addEventListener("click", () => {
    title.value = now.title;
    max.value = now.max;
    closed.checked = now.closed;
    slow.value = now.slow;
    showBans(room).catch(() => {});
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
    if (closed.checked !== now.closed) changes.closed = closed.checked;
    if (Number(slow.value) !== Number(now.slow)) changes.slow = Number(slow.value);
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
    room(fresh, mine) {
      const { title: name, max: seats, password: locked, closed: shut, slow: pause } = fresh;
      Object.assign(now, { title: name, max: String(seats), locked, closed: shut, slow: String(pause) });
      byId("own").hidden = !mine;
      // What was handed over is not edited any more.
      if (!mine) for (const sheet of document.querySelectorAll("dialog.sheet[open]")) sheet.close();
    },
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
