// What is said to who is no longer in the room, or not let in, and the ways on. Fetched when that happens.
import { part, setText } from "../lib/dom.js";
import { fill, refusal, texts } from "../lib/texts.js";

// Seconds that who was sent out waits before coming back.
const KICKED = 60;

/**
 * The notice to who is not let in because of `why`: the page tries `again`, or the visitor has to; `been` in it before.
 * @param {Refusal} why
 * @param {{ again: boolean, been: boolean, list: BannerLink }} how
 * @return {Notice}
 */
export function refusedNotice(why, { again, been, list }) {
  if (why.code === "room_full")
    return { says: been ? texts.out.taken : refusal(why), more: texts.out.waiting, link: list };
  return {
    says: refusal(why),
    more: texts.out.refused,
    link: again ? null : { text: texts.out.reload, href: location.pathname },
  };
}

/** @type {(list: BannerLink) => Notice} The notice that the room is gone. */
export const goneNotice = (list) => ({ says: texts.out.gone, more: texts.out.gone_more, link: list });

/** @type {(why: Refusal, list: BannerLink) => Notice} The notice to who was sent out or banned. */
export const sentOutNotice = (why, list) => ({
  says: refusal(why),
  more: " ",
  link: list,
  start: why.code === "kicked" ? countDown : null,
});

/**
 * Counts down on the notice until one may come back.
 * @param {HTMLElement} banner
 * @return {void}
 */
function countDown(banner, seconds = KICKED) {
  const more = part(banner, ".banner__more");
  const link = part(banner, "a");
  setText(more, seconds > 0 ? fill(texts.out.wait, { n: seconds }) : "");
  if (seconds > 0) {
    setTimeout(() => countDown(banner, seconds - 1), 1_000);
    return;
  }
  link.textContent = texts.out.rejoin;
  link.href = location.pathname;
}
