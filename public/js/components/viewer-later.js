// The large view is fetched when one is asked for; without it the link of a GIF leads to the file.
import { byId, opensElsewhere } from "../lib/dom.js";
import { fetchSheet } from "../lib/sheets.js";

/**
 * Opens it for each GIF of the page; `sendAgain(gif)` sends one of the conversation again.
 * @param {(gif: Content) => unknown} sendAgain
 */
export function openGifs(sendAgain) {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".gif__open");
    if (!link?.href || opensElsewhere(event)) return;
    event.preventDefault();
    link.focus({ preventScroll: true });
    const figure = /** @type {HTMLElement} */ (link.closest(".gif"));
    // A GIF that was whispered can't be sent to all.
    const take = byId("rows").contains(figure) ? sendAgain : undefined;
    fetchSheet("viewer", () => import("./viewer.js")).then(
      ({ openViewer }) => openViewer(figure, take),
      () => window.open(link.href, "_blank", "noopener"),
    );
  });
}
