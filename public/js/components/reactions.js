// How people reacted: a row of emoji and small GIFs under a message, with how many. A press gives one's own, or takes it back.
import { all, byId, clone, part, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { askJson } from "../lib/http.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { takeFromTab } from "./log-stop.js";
import { playSmall } from "./small-gifs.js";

// So many names are told where one points.
const NAMED = 10;

/** @typedef {{ emoji?: string, gif?: string }} Kind */

/** @type {(kind: Kind) => string} */
const kindOf = ({ emoji, gif }) => emoji ?? gif ?? "";

/** @type {(room: string, message: string, kind: Kind, on: boolean) => Promise<unknown>} Gives a reaction to a message, or takes it back. */
export const react = (room, message, kind, on) =>
  askJson(`/room/${room}/messages/${message}/reactions`, { method: "POST", body: { ...kind, on } });

export class Reactions {
  #room;
  #me;
  #list;
  /** @type {Map<string, Reaction[]>} How reactions stand, by message: what a page of the history says may be older. */
  #known = new Map();
  /** @type {WeakMap<Element, Reaction[]>} By the elements of the rows. */
  #shown = new WeakMap();

  /** @param {{ room: string, me: Who, list: import("./message-list.js").MessageList }} page */
  constructor({ room, me, list }) {
    this.#me = me;
    this.#list = list;
    this.#room = room;
    const rows = byId("rows");
    // Who they are may be known by now.
    for (const event of ["pointerover", "focusin"]) {
      rows.addEventListener(event, ({ target }) => {
        const row = /** @type {Element} */ (target).closest(".reaction")?.closest(".message");
        if (row) this.#name(row);
      });
    }
    // Its GIF is not in the room any more, or there is no line.
    rows.addEventListener(
      "error",
      ({ target }) => {
        const image = /** @type {Element} */ (target);
        const item = image.closest("li");
        if (item && image.matches(".reaction__gif"))
          this.#list.alter(() =>
            keepFocus(() => {
              item.hidden = true;
            }, item.closest(".message")),
          );
      },
      true,
    );
  }

  /** Shows GIFs again that could not be loaded, if they can now. */
  again() {
    for (const item of all(byId("rows"), ".reactions [hidden]")) {
      const image = part(item, ".reaction__gif");
      image.addEventListener(
        "load",
        () =>
          this.#list.alter(() => {
            item.hidden = false;
          }),
        { once: true },
      );
      // biome-ignore lint/correctness/noSelfAssign: the browser fetches the image again.
      image.src = image.src;
    }
  }

  /**
   * Gives a reaction of the row, or takes it back.
   * @param {HTMLElement} button
   */
  toggle(button) {
    const { kind } = button.dataset;
    const given = button.querySelector(".reaction__gif") ? { gif: kind } : { emoji: kind };
    const id = button.closest(".message")?.dataset.id ?? "";
    react(this.#room, id, given, button.ariaPressed !== "true").catch((why) =>
      toast(refusal(why), { icon: "alert", tone: "" }),
    );
  }

  /**
   * How people reacted to a message that enters the page.
   * @param {{ _id?: string, reactions?: Reaction[] }} message
   */
  of({ _id, reactions }) {
    return this.#known.get(_id ?? "") ?? reactions ?? [];
  }

  /**
   * Shows them under a message.
   * @param {HTMLElement} row
   * @param {Reaction[]} reactions
   */
  put(row, reactions) {
    if (row.querySelector(".message__gone")) return;
    this.#shown.set(row, reactions);
    const known = row.querySelector(".reactions");
    if (reactions.length === 0) return keepFocus(() => known?.remove(), row);
    row.ariaLive = "off";
    const list = known ?? clone("reactions-template");
    if (!known) {
      list.replaceChildren();
      part(row, ".message__said").after(list);
    }
    keepFocus(() => this.#fill(list, reactions), row);
    this.#name(row);
    takeFromTab(row);
  }

  /**
   * What the server says of messages, of all that have any if `all`.
   * @param {RoomReactions} told
   */
  told({ messages, all: whole }) {
    if (whole) this.#known.clear();
    for (const { _id, reactions } of messages) this.#known.set(_id, reactions);
    const rows = whole ? this.#list.messages : messages.map(({ _id }) => this.#list.find(_id));
    this.#list.alter(() => {
      for (const row of rows) if (row?.dataset.id) this.put(row, this.of({ _id: row.dataset.id }));
    });
  }

  /**
   * What stays is not moved, so that nobody presses beside it.
   * @param {HTMLElement} list
   * @param {Reaction[]} reactions
   */
  #fill(list, reactions) {
    const items = new Map([...list.children].map((item) => [part(item, "button").dataset.kind, item]));
    const now = reactions.map((reaction) => {
      const item = items.get(kindOf(reaction)) ?? makeItem(reaction);
      const button = part(item, "button");
      if (reaction.gif) playSmall(part(item, ".reaction__gif"), reaction.gif);
      setText(button.querySelector(".num"), String(reaction.count));
      button.ariaPressed = String(reaction.visitors.includes(this.#me.id));
      return item;
    });
    for (const item of list.children) if (!now.includes(item)) item.remove();
    now.forEach((item, place) => {
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  }

  /** @param {Element} row */
  #name(row) {
    for (const reaction of this.#shown.get(row) ?? []) {
      const button = all(row, ".reaction").find((one) => one.dataset.kind === kindOf(reaction));
      if (button) button.title = this.#names(reaction.visitors);
    }
  }

  /** @param {string[]} visitors */
  #names(visitors) {
    const names = visitors
      .map((id) => (id === this.#me.id ? texts.site.me : nameOf(id)))
      .filter(Boolean)
      .slice(0, NAMED);
    const rest = visitors.length - names.length;
    if (rest === 0) return names.join(", ");
    return names.length > 0 ? fill(texts.react.others, { names: names.join(", "), n: rest }) : "";
  }
}

/**
 * What somebody is called, if anything in the page says so.
 * @param {string} id
 */
function nameOf(id) {
  const place =
    byId("members-list").querySelector(`[data-id="${CSS.escape(id)}"]`) ??
    byId("rows").querySelector(`[data-visitor="${CSS.escape(id)}"]`);
  return place?.querySelector(".name")?.textContent;
}

/** @param {Kind} kind */
function makeItem({ emoji, gif }) {
  const [plain, small] = clone("reactions-template").children;
  const item = gif ? small : plain;
  part(item, "button").dataset.kind = kindOf({ emoji, gif });
  if (emoji) part(item, ".reaction__emoji").textContent = emoji;
  return item;
}
