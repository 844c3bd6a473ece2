// What came of something one did: told to screen readers, and shown for a while. What shows it is fetched with the first.
import { announce } from "./dom.js";
import { fetchLook } from "./sheets.js";
import { texts } from "./texts.js";

/**
 * `button` is one such as Undo, `icon` and `tone` are as of a banner.
 * @typedef {{ button?: { text: string, act: () => unknown }, icon?: string, tone?: string }} ToastOptions
 * @param {string} text
 * @param {ToastOptions} options
 */
export function toast(text, options = {}) {
  announce(text);
  Promise.all([import("../components/toasts.js"), fetchLook()]).then(
    ([{ showToast }]) => showToast(text, options),
    () => {},
  );
}

/** @type {(act: () => unknown) => ToastOptions} Options of a toast that offers to take back what was done. */
export const undo = (act) => ({ button: { text: texts.talk.undo, act } });
