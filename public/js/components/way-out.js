// The way out of the room. Without a line it would lead to the browser's error page.
import { byId, opensElsewhere } from "../lib/dom.js";

const LINE_LIMIT = 5_000;

/**
 * `mayLeave(tabs)` asks; `tabs` is the channel of all tabs of this browser in the room. `noLine()` says why one stays.
 * @param {{
 *   room: string,
 *   isIn: () => boolean,
 *   noLine: () => void,
 *   mayLeave: (tabs: BroadcastChannel) => Promise<boolean>,
 *   leave: () => void,
 * }} page
 */
export function startWayOut({ room, isIn, noLine, mayLeave, leave }) {
  const tabs = new BroadcastChannel(room);
  // Another tab that is about to leave asks whether one stays.
  tabs.onmessage = ({ data }) => {
    if (data === "who" && isIn()) tabs.postMessage("here");
  };
  byId("exit-btn").addEventListener("click", async (event) => {
    if (opensElsewhere(event)) return;
    event.preventDefault();
    const { href } = byId("exit-btn");
    try {
      await fetch(href, { method: "HEAD", signal: AbortSignal.timeout(LINE_LIMIT) });
    } catch {
      return noLine();
    }
    if (isIn() && !(await mayLeave(tabs))) return;
    leave();
    location.assign(href);
  });
}
