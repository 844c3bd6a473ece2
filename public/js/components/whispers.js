// Whispers as the page knows them: read anew after every join, so that none is lost; with whom, and what is unread.
import { announce, byId, markUrl, part, setHue, setText } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { fill, texts } from "../lib/texts.js";
import { postGif } from "../lib/upload.js";
import { showWho, whoIs } from "../lib/who.js";
import { Seen } from "../models/seen.js";
import { isMuted } from "./muted.js";

const AGAIN = 3_000;

/**
 * `tray(take)` opens the tray; `opens(name, load, open)` opens a sheet, or says why it can't.
 * @typedef {{
 *   room: string,
 *   me: Who,
 *   storage: import("../lib/room-storage.js").RoomStorage,
 *   socket: import("../lib/socket.js").Socket,
 *   news: (heard: Whisper[]) => void,
 *   tray: (take: (gif: Gif) => unknown) => unknown,
 *   opens: import("./room-sheets.js").RoomSheets["open"],
 * }} Ways
 */

export class Whispers {
  #room;
  #me;
  #news;
  /** @type {Map<string, Whisper>} */
  #all = new Map();
  /** @type {string | number | null} */
  #after = null;
  /** @type {Promise<void> | null} */
  #reading = null;
  #stale = false;
  #seen;
  #opens;
  /** @type {ReturnType<typeof import("./whisper-sheet.js").openWhisper> | null} */
  #panel = null;
  #list = byId("whispers-list");
  #button = byId("whispers-news");

  /**
   * `news(whispers)` is told of whispers that nobody has seen yet.
   * @param {Ways} page
   */
  constructor({ room, me, storage, socket, news, tray, opens }) {
    this.#room = room;
    this.#me = me;
    this.#news = news;
    this.#seen = new Seen(room, () => this.#draw());
    /** @type {(item: GifFields) => Promise<Whisper>} */
    const upload = (item) => postGif(`/room/${room}/whisper/gif`, item).done;
    /** What the sheet sends and keeps by. */
    this.ways = { room, me, storage, send: (/** @type {object} */ said) => send(socket, said), upload, tray };
    this.#opens = opens;
    this.#list.addEventListener("click", ({ target }) => {
      const id = /** @type {Element} */ (target).closest("button")?.dataset.id;
      if (id) this.open(this.#partner(id));
    });
    this.#button.addEventListener("click", () => this.open(this.#partner(this.#button.dataset.id)));
    document.addEventListener("visibilitychange", () => {
      if (this.#panel) this.seen(this.#panel.partner);
    });
  }

  /**
   * With somebody, oldest first.
   * @param {string} id
   */
  with(id) {
    return [...this.#all.values()]
      .filter((whisper) => this.#other(whisper).id === id)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : Number(a.createdAt > b.createdAt)));
  }

  /** Asks for what came while nothing could be told. */
  read() {
    this.#stale = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
  }

  /** @param {Whisper[]} whispers */
  take(whispers, live = false) {
    const fresh = whispers.filter(({ _id }) => !this.#all.has(_id));
    if (fresh.length === 0) return;
    for (const whisper of fresh) this.#all.set(whisper._id, whisper);
    this.#panel?.show(fresh);
    const heard = fresh.filter((whisper) => this.#isUnread(whisper));
    if (live && heard.length > 0) {
      announce(fill(texts.whisper.came, { name: whoIs(heard[heard.length - 1]).name }));
      this.#news(heard);
    }
    this.#draw();
  }

  /**
   * Opens the whispers with somebody; their window is fetched when one is asked for.
   * @param {Who} partner
   */
  open(partner) {
    return this.#opens(
      "whisper",
      () => import("./whisper-sheet.js"),
      ({ openWhisper }) => {
        this.#panel = openWhisper(this, partner, () => {
          this.#panel = null;
        });
        this.seen(partner.id);
      },
    );
  }

  /**
   * All from somebody is seen now, if anybody looks.
   * @param {string} id
   */
  seen(id) {
    const last = this.with(id).at(-1);
    if (!last || document.hidden) return;
    this.#seen.mark(id, last.createdAt);
    this.#draw();
  }

  async #readAll() {
    while (this.#stale) {
      this.#stale = false;
      /** @type {string | null | undefined} */
      let next = `/room/${this.#room}/whispers?limit=100${this.#after ? `&after=${this.#after}` : ""}`;
      try {
        while (next) {
          /** @type {Listing<Whisper>} */
          const page = await getJson(next);
          this.#after = page.cursor?.after ?? null;
          this.take(page.data);
          next = page.next;
        }
      } catch (why) {
        const { status = 0 } = /** @type {Refusal} */ (why);
        if (status >= 400 && status < 500) return;
        await new Promise((done) => setTimeout(done, AGAIN));
        this.#stale = true;
      }
    }
  }

  /** @param {Whisper} whisper */
  #other(whisper) {
    return whoIs(whisper.visitor === this.#me.id ? whisper.to : whisper);
  }

  /** @param {Whisper} whisper */
  #isUnread(whisper) {
    const id = whisper.visitor;
    return id !== this.#me.id && !isMuted(id) && whisper.createdAt > this.#seen.until(id);
  }

  /** @param {string} id */
  #partner(id) {
    const whispers = this.with(id);
    return this.#other(whispers[whispers.length - 1]);
  }

  // The latest first; somebody who left the room stays on the list.
  #draw() {
    const partners = new Map();
    for (const whisper of [...this.#all.values()].reverse()) {
      const other = this.#other(whisper);
      const one = partners.get(other.id) ?? { ...other, unread: 0 };
      one.unread += Number(this.#isUnread(whisper));
      partners.set(one.id, one);
    }
    const focused = this.#list.contains(document.activeElement) && document.activeElement?.dataset.id;
    this.#list.replaceChildren(...[...partners.values()].map(entry));
    if (focused) this.#list.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true });
    byId("whispers").hidden = partners.size === 0;
    const news = [...partners.values()].find(({ unread }) => unread > 0);
    if (!news && this.#button === document.activeElement) byId("chat").focus({ preventScroll: true });
    this.#button.hidden = !news;
    if (!news) return;
    this.#button.dataset.id = news.id;
    setHue(this.#button, news.hue);
    part(this.#button, ".mark").src = markUrl(news.id);
    const { unread, unread_one: one } = texts.whisper;
    setText(
      this.#button.querySelector("span"),
      fill(news.unread === 1 ? one : unread, { name: news.name, n: news.unread }),
    );
  }
}

/**
 * @param {import("../lib/socket.js").Socket} socket
 * @param {object} said
 * @return {Promise<Whisper>}
 */
async function send(socket, said) {
  let ack;
  try {
    ack = await socket.request("whisper", said);
  } catch {
    throw { code: "offline" };
  }
  if (ack?.ok) return ack.whisper;
  throw ack ?? { code: "offline" };
}

/** @param {Who & { unread: number }} partner */
function entry({ unread, ...who }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet whispers__one";
  button.dataset.id = who.id;
  const mark = new Image(48, 48);
  mark.className = "mark mark--s";
  mark.alt = "";
  const name = document.createElement("b");
  name.className = "name";
  const count = document.createElement("span");
  count.className = "num";
  count.textContent = unread ? String(unread) : "";
  button.append(mark, name, count);
  showWho(button, who);
  item.append(button);
  return item;
}
