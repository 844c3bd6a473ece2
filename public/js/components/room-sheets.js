// The sheets of a room and the buttons that open them. They are fetched when they are asked for.
import { byId, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { getJson } from "../lib/http.js";
import { fetchSheet } from "../lib/sheets.js";
import { refusal } from "../lib/texts.js";
import { awaitActions } from "./actions.js";

/** @typedef {ReturnType<typeof import("./owner-tools.js").startOwnerTools>} Tools */

export class RoomSheets {
  #room;
  #facts;
  #say;
  /** @type {Promise<Tools> | null} */
  #tools = null;
  #ownerTools;
  // How many reports wait for the owner; below 0 they were not counted yet.
  #waiting = -1;

  /**
   * `say` tells what went wrong; `take(gif)` gets what is chosen from the tray; `ownerTools(module)` begins with the owner's
   * tools.
   * @param {{
   *   room: string,
   *   facts: import("./room-facts.js").RoomFacts,
   *   say: (text: string) => void,
   *   take: (gif: Content) => unknown,
   *   ownerTools: (module: typeof import("./owner-tools.js")) => Tools,
   * }} page
   */
  constructor({ room, facts, say, take, ownerTools }) {
    this.#room = room;
    this.#facts = facts;
    this.#say = say;
    this.#ownerTools = ownerTools;
    /** @type {(id: string, act: () => unknown) => void} */
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("tray-btn", () => this.tray(take, "send"));
    for (const id of ["invite-btn", "start-invite"]) {
      on(id, () =>
        this.open(
          "invite",
          () => import("./invite.js"),
          ({ openInvite }) => openInvite(room, facts),
        ),
      );
    }
    on("start-gif", () => byId("gif").click());
    on("reports-btn", () => this.reports());
    on("edit-btn", () => this.#withTools(({ edit }) => edit()));
  }

  /**
   * Fetches a sheet, and opens it with `open(module)`.
   * @template Module
   * @param {string} name
   * @param {() => Promise<Module>} load
   * @param {(module: Module) => unknown} open
   */
  async open(name, load, open) {
    let module;
    try {
      module = await fetchSheet(name, load);
    } catch (why) {
      return this.#failed(/** @type {Refusal} */ (why));
    }
    open(module);
  }

  /**
   * The tray; `deed` says what becomes of a GIF that is taken: `send` or `add`.
   * @param {(gif: Gif) => unknown} take
   * @param {"send" | "add"} deed
   */
  tray(take, deed) {
    return this.open(
      "tray",
      () => import("./tray.js"),
      ({ openTray }) => openTray(this.#room, take, deed),
    );
  }

  /**
   * Asks before the room may go with who leaves. Who can't be asked may leave.
   * @param {Parameters<typeof import("./leaving.js").mayLeave>} ask
   */
  mayLeave(...ask) {
    return fetchSheet("leave", () => import("./leaving.js")).then(
      ({ mayLeave }) => mayLeave(...ask),
      () => true,
    );
  }

  /**
   * Opens the choice of a reaction, or who reacted, by `open(module, room)`.
   * @param {(module: typeof import("./react-sheet.js"), room: string) => unknown} open
   */
  react(open) {
    return this.open(
      "react",
      () => import("./react-sheet.js"),
      (module) => open(module, this.#room),
    );
  }

  /**
   * Deletes a message of one's own.
   * @param {StoredSubject} subject
   */
  deleteOwn(subject) {
    return this.open(
      "delete",
      () => import("./own-messages.js"),
      ({ deleteOwn }) => deleteOwn(this.#room, subject),
    );
  }

  /**
   * Reports a message to the owner.
   * @param {StoredSubject} subject
   */
  report(subject) {
    return this.#reports(({ openReport }) => openReport(this.#room, subject, this.#facts));
  }

  /** Opens the owner's list of reports. */
  reports() {
    return this.#reports(({ openReports }) => openReports(this.#room, (count) => this.#count(count)));
  }

  /** One more report waits. */
  reported() {
    this.#count(this.#waiting + 1);
  }

  /** Reports may have been missed: they are counted anew with the next change. */
  missed() {
    this.#waiting = -1;
  }

  /** Somebody's part has changed: the owner has tools and a list of reports. */
  changed() {
    const { mine } = this.#facts;
    keepFocus(() => {
      for (const id of ["edit-btn", "reports-btn"]) byId(id).hidden = !mine;
    }, byId("members-title"));
    byId("reports-badge").hidden = !mine || this.#waiting <= 0;
    if (!mine)
      return this.#tools?.then(
        ({ close }) => close(),
        () => {},
      );
    awaitActions(this.#fetchTools());
    if (this.#waiting >= 0) return;
    this.#waiting = 0;
    getJson(`/room/${this.#room}/reports`).then(
      ({ count }) => this.#count(count),
      () => {
        this.#waiting = -1;
      },
    );
  }

  #fetchTools() {
    this.#tools ??= fetchSheet("owner", () => import("./owner-tools.js")).then(this.#ownerTools);
    this.#tools.catch(() => {
      this.#tools = null;
    });
    return this.#tools;
  }

  /** @param {(tools: Tools) => unknown} act */
  #withTools(act) {
    this.#fetchTools().then(act, (why) => this.#failed(why));
  }

  /** @param {Refusal} why */
  #failed(why) {
    this.#say(refusal(why.code ? why : {}));
  }

  /** @param {(module: typeof import("./reports.js")) => unknown} open */
  #reports(open) {
    return this.open("reports", () => import("./reports.js"), open);
  }

  /** @param {number} count */
  #count(count) {
    this.#waiting = count;
    const text = count > 0 ? String(count) : "";
    setText(byId("reports-count"), text);
    const badge = byId("reports-badge");
    setText(badge.querySelector("b"), text);
    badge.hidden = !text || !this.#facts.mine;
  }
}
