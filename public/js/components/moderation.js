// What an owner does with people and messages: entries of their menus, each asked about before it is done.
import { byId, part, setText } from "../lib/dom.js";
import { askJson } from "../lib/http.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { toast, undo } from "../lib/toast.js";
import { whoIs } from "../lib/who.js";
import { addAction } from "./actions.js";

/** @typedef {{ action: string, message?: string, visitor?: string, seconds?: number, forbid?: boolean }} Deed */

/** @param {Pick<ChatPage, "room" | "facts">} page */
export function startModeration({ room, facts }) {
  const dialog = byId("deed-dialog");
  const form = /** @type {Form<"forbid" | "seconds">} */ (part(dialog, "form"));
  const long = byId("deed-long");
  const forbid = byId("deed-forbid");
  /** @type {Deed} */
  let deed;
  let name = "";

  /** @type {(subject: Subject) => boolean} */
  const others = ({ mine }) => facts.mine && !mine;
  /**
   * @param {string} action
   * @param {string} icon
   * @param {Action["when"]} when
   * @param {(subject: Subject) => Partial<Deed>} fields
   */
  const offer = (action, icon, when, fields = ({ visitor }) => ({ visitor })) =>
    addAction({
      icon,
      danger: action !== "handover",
      text: ({ name }) => fill(texts.moderation[action], { name }),
      when,
      act: (subject) => ask(action, subject, fields(subject)),
    });
  offer(
    "delete",
    "trash",
    ({ kind, id, text, gif }) => facts.mine && kind === "message" && Boolean(id && (text ?? gif)),
    ({ id }) => ({ message: id }),
  );
  offer("handover", "crown", (subject) => others(subject) && subject.kind === "member");
  offer("clear", "trash", others);
  offer("kick", "out", (subject) => others(subject) && subject.kind === "member");
  offer("ban", "ban", others);

  /**
   * @param {string} action
   * @param {Subject} subject
   * @param {Partial<Deed>} fields
   */
  function ask(action, { name: theirs, gif }, fields) {
    deed = { action, ...fields };
    name = theirs;
    setText(byId("deed-title"), fill(texts.moderation[`${action}_title`], { name }));
    setText(byId("deed-text"), fill(texts.moderation[`${action}_text`], { name }));
    setText(byId("deed-do"), fill(texts.moderation[action], { name }));
    byId("deed-do").classList.toggle("button--danger", action !== "handover");
    byId("deed-do").classList.toggle("button--main", action === "handover");
    long.hidden = action !== "ban";
    forbid.hidden = !(action === "clear" || (action === "delete" && gif));
    form.elements.forbid.checked = false;
    setText(forbid.querySelector("span"), texts.moderation[`${action}_forbid`] ?? "");
    byId("deed-error").hidden = true;
    dialog.showModal();
  }

  part(form, "[data-do=cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const seconds = form.elements.seconds.value;
    if (deed.action === "ban" && seconds) deed.seconds = Number(seconds);
    if (!forbid.hidden) deed.forbid = form.elements.forbid.checked;
    try {
      await askJson(`/room/${room}/moderate`, { method: "POST", body: deed });
      dialog.close();
      tell(room, deed, name);
    } catch (why) {
      setText(byId("deed-error").querySelector(".field__why"), refusal(/** @type {Refusal} */ (why)));
      byId("deed-error").hidden = false;
    }
  });
}

/** @type {(room: string, visitor?: string) => Promise<unknown>} */
const unban = (room, visitor) =>
  askJson(`/room/${room}/moderate`, { method: "POST", body: { action: "unban", visitor } });

/**
 * What was done; a ban can be taken back at once.
 * @param {string} room
 * @param {Deed} deed
 * @param {string} name
 */
function tell(room, { action, visitor }, name) {
  const back = async () => {
    await unban(room, visitor);
    toast(fill(texts.moderation.unban_done, { name }));
  };
  toast(fill(texts.moderation[`${action}_done`], { name }), action === "ban" ? undo(back) : {});
}

/**
 * Who is banned, with a button each that lets them in again.
 * @param {string} room
 */
export async function showBans(room) {
  const box = byId("bans");
  const list = byId("bans-list");
  /** @type {Listing<Ban>} */
  const { data } = await askJson(`/room/${room}/bans`);
  list.replaceChildren(
    ...data.map((ban) => {
      const { id, name, color } = whoIs(ban);
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--small";
      button.textContent = fill(texts.moderation.unban, { name });
      button.title = color;
      button.addEventListener("click", async () => {
        try {
          await unban(room, id);
          toast(fill(texts.moderation.unban_done, { name }));
        } catch (why) {
          toast(refusal(/** @type {Refusal} */ (why)), { icon: "alert", tone: "" });
        }
        await showBans(room);
        (list.querySelector("button") ?? byId("edit-room-title")).focus();
      });
      row.append(button);
      return row;
    }),
  );
  box.hidden = data.length === 0;
}
