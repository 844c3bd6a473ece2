// What came of something one did: told to screen readers, and shown for a while. What shows it is fetched with the first.
import { announce } from "./dom.js";
import { fetchLook } from "./sheets.js";
import { texts } from "./texts.js";

/** `way` may have `button`, `{ text, act }`, such as Undo, and `icon` and `tone` as of a banner. */
export function toast(text, way = {}) {
  announce(text);
  Promise.all([import("../components/toasts.js"), fetchLook()]).then(
    ([{ showToast }]) => showToast(text, way),
    () => {},
  );
}

/** The way of a toast that takes back what was done. */
export const undo = (act) => ({ button: { text: texts.talk.undo, act } });
