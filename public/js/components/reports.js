// Reports: telling the owner or the site about a message, and the owner's list of what was told.
import { byId, isolated, setHue, setText } from "../lib/dom.js";
import { askJson, getJson } from "../lib/http.js";
import { refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { showName, whoIs } from "../lib/who.js";
import { mute } from "./muted.js";

const ask = byId("report");
const reason = byId("report-reason");
// Not there where no operator would see it.
const toSite = byId("report-site");
const list = byId("reports");
/** @type {{ path: string, id: string, isOwners: boolean } | null} */
let about = null;

/**
 * Asks why, then reports a message. Of the owner only the site is told; where that takes no reports, there are other ways.
 * @param {string} room
 * @param {StoredSubject} subject
 * @param {{ owner: string }} facts
 */
export function openReport(room, subject, { owner }) {
  const isOwners = subject.visitor === owner;
  if (isOwners && !toSite) return offerOtherWays(subject);
  about = { path: `/room/${room}/reports`, id: subject.id, isOwners };
  if (toSite) {
    toSite.hidden = isOwners;
    setText(byId("report-text"), isOwners ? texts.report.text_site : texts.report.text_both);
    setText(byId("report-send"), isOwners ? texts.report.to_site : texts.report.to_owner);
  }
  const alt = subject.element.querySelector(".gif__frame img")?.alt;
  byId("report-about").replaceChildren(...(subject.text === null ? ["GIF: ", isolated(alt ?? "")] : [subject.text]));
  reason.value = "";
  setText(byId("report-error"), "");
  ask.showModal();
  reason.focus();
}

/** @param {Subject} subject */
function offerOtherWays({ visitor, name }) {
  const dialog = byId("report-owner");
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "mute") mute(visitor, name, true);
    if (dialog.returnValue === "leave") byId("exit-btn").click();
  };
  dialog.showModal();
}

byId("report-cancel").addEventListener("click", () => ask.close());
byId("report-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (about) send(about.isOwners);
});
toSite?.addEventListener("click", () => send(true));

/** @param {boolean} isForSite */
async function send(isForSite) {
  if (!about) return;
  const path = isForSite ? `${about.path}/site` : about.path;
  try {
    await askJson(path, { method: "POST", body: { message: about.id, reason: reason.value } });
  } catch (why) {
    return setText(byId("report-error"), refusal(/** @type {Refusal} */ (why)));
  }
  ask.close();
  toast(isForSite ? texts.report.sent_site : texts.report.sent);
}

/**
 * Opens the owner's list; `counted(n)` is told how many wait.
 * @param {string} room
 * @param {(count: number) => void} counted
 */
export async function openReports(room, counted) {
  const rows = byId("reports-list");
  rows.replaceChildren();
  if (!list.open) list.showModal();
  try {
    /** @type {Listing<OwnerReport>} */
    const { data } = await getJson(`/room/${room}/reports`);
    counted(data.length);
    setText(byId("reports-note"), data.length === 0 ? texts.report.none : "");
    rows.replaceChildren(...data.map((report) => entry(room, report, counted)));
  } catch (why) {
    setText(byId("reports-note"), refusal(/** @type {Refusal} */ (why)));
  }
}

/**
 * @param {string} room
 * @param {OwnerReport} report
 * @param {(count: number) => void} counted
 */
function entry(room, { _id, about: said, reason: why }, counted) {
  const item = document.createElement("li");
  if (!said) return item;
  const who = whoIs(said);
  const name = document.createElement("b");
  name.className = "name";
  showName(name, who);
  setHue(item, who.hue);
  item.append(name, quote(said));
  if (why) {
    const line = document.createElement("p");
    line.dir = "auto";
    line.textContent = why;
    item.append(line);
  }
  const ways = document.createElement("p");
  ways.className = "sheet__ways";
  /** @type {(text: string, run: () => Promise<unknown>, done: string, danger?: boolean) => void} */
  const act = (text, run, done, danger) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = danger ? "button button--danger" : "button";
    button.textContent = text;
    button.addEventListener("click", async () => {
      try {
        await run();
      } catch (refused) {
        return setText(byId("reports-note"), refusal(/** @type {Refusal} */ (refused)));
      }
      byId("reports-title").focus();
      toast(done);
      openReports(room, counted);
    });
    ways.append(button);
  };
  const path = `/room/${room}/reports/${_id}`;
  act(texts.report.dismiss, () => askJson(path, { method: "DELETE" }), texts.report.dismissed);
  act(
    texts.report.delete,
    () => askJson(`${path}/delete`, { method: "POST", body: {} }),
    texts.moderation.delete_done,
    true,
  );
  item.append(ways);
  return item;
}

/** @param {Partial<Message>} said */
function quote({ chat, gif, alt, width, height }) {
  const block = document.createElement("blockquote");
  block.className = "report__about";
  block.dir = "auto";
  if (!gif) {
    block.textContent = chat ?? "";
    return block;
  }
  const image = new Image(width, height);
  image.alt = alt || texts.chat.gif_no_alt;
  image.src = `/gif/${gif}/still`;
  block.append(image);
  return block;
}
list.addEventListener("click", ({ target }) => {
  if (target === list) list.close();
});
