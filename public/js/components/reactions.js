// How people reacted: a row of emoji and small GIFs under a message, with how many. A press gives one's own, or takes it back.
import { byId, clone, setText } from "../lib/dom.js";
import { keepFocus } from "../lib/focus.js";
import { askJson } from "../lib/http.js";
import { fill, refusal, texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { takeFromTab } from "./log-stop.js";
import { playSmall } from "./small-gifs.js";

// So many names are told where one points.
const NAMED = 10;

const kindOf = ({ emoji, gif }) => emoji ?? gif;

/** Gives a reaction to a message, or takes it back. */
export const react = (room, message, kind, on) =>
  askJson(`/room/${room}/messages/${message}/reactions`, { method: "POST", body: { ...kind, on } });

export class Reactions {
  #room;
  #me;
  #list;
  /** How reactions stand, by message: what a page of the history says may be older. */
  #known = new Map();
  /** By the elements of the rows. */
  #shown = new WeakMap();

  constructor({ room, me, list }) {
    this.#me = me;
    this.#list = list;
    this.#room = room;
    const rows = byId("rows");
    // Who they are may be known by now.
    for (const event of ["pointerover", "focusin"]) {
      rows.addEventListener(event, ({ target }) => {
        if (target.closest(".reaction")) this.#name(target.closest(".message"));
      });
    }
    // Its GIF is not in the room any more, or there is no line.
    rows.addEventListener(
      "error",
      ({ target }) => {
        if (target.matches(".reaction__gif"))
          this.#list.alter(() =>
            keepFocus(() => {
              target.closest("li").hidden = true;
            }, target.closest(".message")),
          );
      },
      true,
    );
  }

  /** Shows GIFs again that could not be loaded, if they can now. */
  again() {
    for (const image of byId("rows").querySelectorAll(".reactions [hidden] .reaction__gif")) {
      image.addEventListener(
        "load",
        () =>
          this.#list.alter(() => {
            image.closest("li").hidden = false;
          }),
        { once: true },
      );
      // biome-ignore lint/correctness/noSelfAssign: the browser fetches the image again.
      image.src = image.src;
    }
  }

  /** Gives a reaction of the row, or takes it back. */
  toggle(button) {
    const { kind } = button.dataset;
    const given = button.querySelector(".reaction__gif") ? { gif: kind } : { emoji: kind };
    react(this.#room, button.closest(".message").dataset.id, given, button.ariaPressed !== "true").catch((why) =>
      toast(refusal(why), { icon: "alert", tone: "" }),
    );
  }

  /** How people reacted to a message that enters the page. */
  of({ _id, reactions }) {
    return this.#known.get(_id) ?? reactions ?? [];
  }

  /** Shows them under a message. */
  put(row, reactions) {
    if (row.querySelector(".message__gone")) return;
    this.#shown.set(row, reactions);
    const known = row.querySelector(".reactions");
    if (reactions.length === 0) return keepFocus(() => known?.remove(), row);
    row.ariaLive = "off";
    const list = known ?? clone("reactions-template");
    if (!known) {
      list.replaceChildren();
      row.querySelector(".message__said").after(list);
    }
    keepFocus(() => this.#fill(list, reactions), row);
    this.#name(row);
    takeFromTab(row);
  }

  /** What the server says of messages, of all that have any if `all`. */
  told({ messages, all }) {
    if (all) this.#known.clear();
    for (const { _id, reactions } of messages) this.#known.set(_id, reactions);
    const rows = all ? this.#list.messages : messages.map(({ _id }) => this.#list.find(_id)).filter(Boolean);
    this.#list.alter(() => {
      for (const row of rows) if (row.dataset.id) this.put(row, this.of({ _id: row.dataset.id }));
    });
  }

  // What stays is not moved, so that nobody presses beside it.
  #fill(list, reactions) {
    const items = new Map([...list.children].map((item) => [item.firstElementChild.dataset.kind, item]));
    const now = reactions.map((reaction) => {
      const item = items.get(kindOf(reaction)) ?? makeItem(reaction);
      const button = item.firstElementChild;
      if (reaction.gif) playSmall(item.querySelector(".reaction__gif"), reaction.gif);
      setText(button.querySelector(".num"), String(reaction.count));
      button.ariaPressed = String(reaction.visitors.includes(this.#me.id));
      return item;
    });
    for (const item of list.children) if (!now.includes(item)) item.remove();
    now.forEach((item, place) => {
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  }

  #name(row) {
    for (const reaction of this.#shown.get(row) ?? []) {
      const button = [...row.querySelectorAll(".reaction")].find((one) => one.dataset.kind === kindOf(reaction));
      if (button) button.title = this.#names(reaction.visitors);
    }
  }

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

/** What somebody is called, if anything in the page says so. */
function nameOf(id) {
  const place =
    byId("members-list").querySelector(`[data-id="${CSS.escape(id)}"]`) ??
    byId("rows").querySelector(`[data-visitor="${CSS.escape(id)}"]`);
  return place?.querySelector(".name").textContent;
}

function makeItem({ emoji, gif }) {
  const [plain, small] = clone("reactions-template").children;
  const item = gif ? small : plain;
  item.firstElementChild.dataset.kind = emoji ?? gif;
  if (emoji) item.querySelector(".reaction__emoji").textContent = emoji;
  return item;
}
