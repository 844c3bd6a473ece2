// Ages of rooms grow while one looks.
import { ago } from "../lib/format.js";
import { texts } from "../lib/texts.js";
import { setText } from "../lib/dom.js";

export function startAges() {
  const tick = () => {
    for (const time of document.querySelectorAll("#room-list time")) {
      const date = new Date(time.dateTime);
      if (!Number.isNaN(date.getTime())) setText(time, ago(date.getTime(), Date.now(), texts.ago.now));
    }
  };
  setInterval(tick, 60_000);
}
