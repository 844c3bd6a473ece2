// Playing and stopping GIFs. One plays when it is wanted, seen, and the page is looked at; else its still stands there,
// and a GIF that was never played was never loaded.
import { all, byId, part } from "../lib/dom.js";
import { texts } from "../lib/texts.js";
import { markUse } from "./icon.js";
import { dropFile, pictureUrl } from "./own-file.js";
import { showPicture } from "./picture.js";

const KEY = "gifchat:motion";
// A page that goes is hidden, too; a picture that is asked for then is asked for in vain, and a blob: is against the policy.
let leaving = false;
addEventListener("pagehide", () => {
  leaving = true;
});
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Gifs {
  #list;
  #button = byId("motion-btn");
  /** @type {WeakSet<Element>} */
  #seen = new WeakSet();
  #watch;

  /**
   * Those of the list of messages follow the room's switch; `loose` ones begin as it stands.
   * @param {HTMLElement} list
   */
  constructor(list, loose = false) {
    this.#list = list;
    this.#watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        // One that was deleted has no still to ask for any more.
        if (!target.isConnected) {
          this.#watch.unobserve(target);
          continue;
        }
        if (isIntersecting) this.#seen.add(target);
        else this.#seen.delete(target);
        this.#run(/** @type {HTMLElement} */ (target));
      }
    });
    if (!loose) this.#button.addEventListener("click", () => this.#turn(!this.on));
    // Whoever chose nothing goes with the device, also when that changes.
    calm.addEventListener("change", () => {
      if (!remembered()) this.#all();
    });
    addEventListener("storage", ({ key }) => {
      if (key === KEY) this.#all();
    });
    document.addEventListener("visibilitychange", () => {
      if (!leaving) for (const figure of this.#figures()) this.#run(figure);
    });
    list.addEventListener("click", ({ target }) => {
      const figure = /** @type {Element} */ (target).closest(".gif__play")?.closest(".gif");
      if (figure) this.want(figure, !isWanted(figure));
    });
    this.#showSwitch();
  }

  /** Whether the room's switch stands on playing. */
  get on() {
    return (remembered() ?? (calm.matches ? "still" : "play")) === "play";
  }

  /**
   * Takes a GIF of a row into its care.
   * @param {HTMLElement} row
   */
  add(row) {
    const figure = row.querySelector(".gif");
    if (!figure) return;
    this.want(figure, this.on);
    this.#watch.observe(figure);
  }

  /**
   * Lets go of a row that leaves the page.
   * @param {HTMLElement} row
   */
  remove(row) {
    const figure = row.querySelector(".gif");
    if (!figure) return;
    this.#watch.unobserve(figure);
    dropFile(figure);
  }

  /**
   * Plays or stops one GIF, whatever the switch says.
   * @param {HTMLElement} figure
   * @param {boolean} playing
   */
  want(figure, playing) {
    figure.classList.toggle("gif--playing", playing);
    figure.classList.toggle("gif--still", !playing);
    dressButton(part(figure, ".gif__play"), playing);
    this.#run(figure);
  }

  /** @param {boolean} on */
  #turn(on) {
    try {
      localStorage.setItem(KEY, on ? "play" : "still");
    } catch {
      /* then it holds for this page only */
    }
    chosen = on ? "play" : "still";
    this.#all();
  }

  #all() {
    this.#showSwitch();
    for (const figure of this.#figures()) this.want(figure, this.on);
  }

  #showSwitch() {
    this.#button.setAttribute("aria-checked", String(this.on));
  }

  #figures() {
    return all(this.#list, ".gif");
  }

  /** @param {HTMLElement} figure */
  #run(figure) {
    const playing = isWanted(figure) && this.#seen.has(figure) && !document.hidden;
    showPicture(part(figure, "img"), pictureUrl(figure, playing));
  }
}

/** @type {string | null} */
let chosen = null;

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? chosen;
  } catch {
    return chosen;
  }
}

/** @type {(figure: Element) => boolean} */
export const isWanted = (figure) => figure.classList.contains("gif--playing");

/**
 * A button says what it will do; what the GIF shows is said by the picture alone, once.
 * @param {Element} button
 * @param {boolean} playing
 */
export function dressButton(button, playing) {
  button.setAttribute("aria-label", playing ? texts.chat.gif_pause : texts.chat.gif_play);
  markUse(button, playing ? "pause" : "play");
}
