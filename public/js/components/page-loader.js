// Pages of the history, asked for one at a time.
import { getJson } from "../lib/http.js";

const AGAIN = 3_000;
const QUIET = 500;
// Who is sent out, or whose room is gone, is not told more by asking again.
const FINAL = [403, 404];

export class PageLoader {
  #url;
  #box;
  #next;
  /** @type {Promise<void> | null} */
  #loading = null;

  /**
   * `box` is the log that pages are shown in; `next()` is called when it is time to look what is needed then.
   * @param {string} room
   * @param {Element} box
   * @param {() => void} next
   */
  constructor(room, box, next) {
    this.#url = `/room/${room}/messages?`;
    this.#box = box;
    this.#next = next;
  }

  /** Until the page that is on its way has come, or could not; null when there is none. */
  get loading() {
    return this.#loading;
  }

  /**
   * Gives the rows of a page to `show`, and the first place that the room keeps, unless another page is on its way.
   * @param {string} query
   * @param {(page: Row[], first: number) => void} show
   */
  async load(query, show) {
    if (this.#loading) return;
    let done = () => {};
    this.#loading = new Promise((resolve) => {
      done = resolve;
    });
    /** @type {{ page?: MessagePage, status?: number }} */
    const { page, status = 0 } = await getJson(this.#url + query).then(
      (page) => ({ page }),
      (why) => why,
    );
    const final = FINAL.includes(status);
    if (!page && !final)
      await new Promise((wake) => {
        setTimeout(wake, AGAIN);
      });
    this.#loading = null;
    done();
    if (page) this.#quietly(() => show(page.data, page.first ?? 1));
    if (!final) this.#next();
  }

  /**
   * What it brings is no news, so it is not read out.
   * @param {() => void} show
   */
  #quietly(show) {
    this.#box.setAttribute("aria-live", "off");
    show();
    setTimeout(() => this.#box.removeAttribute("aria-live"), QUIET);
  }
}
