// Three ways a GIF comes in: chosen, pasted, dropped anywhere on the page.
import { byId } from "../lib/dom.js";

// Behind a dialog, and where nothing can be said any more, files are not taken.
const closed = () => document.querySelector("dialog[open], #chat-form[inert]");

/** @param {(files: File[]) => void} take what was brought */
export function listenForFiles(take) {
  const input = byId("gif");
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = "";
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || closed()) return;
    event.preventDefault();
    take(files);
  });
  listenForDrop(take);
}

/** @param {(files: File[]) => void} take */
function listenForDrop(take) {
  const mouth = byId("drop");
  /**
   * @param {DragEvent} event
   * @return {event is DragEvent & { dataTransfer: DataTransfer }}
   */
  const carriesFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files")) && !closed();
  // dragenter and dragleave come for every element on the way; what counts is how many are still entered.
  let depth = 0;
  const close = () => {
    depth = 0;
    mouth.hidden = true;
  };
  // The end of a drag outside the window is not always told.
  mouth.addEventListener("click", close);
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close();
  });
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    mouth.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && --depth <= 0) close();
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    close();
    take([...event.dataTransfer.files]);
  });
}
