// What came of something one did: told to screen readers, and shown for a while. What shows it is fetched with the first.
import { announce } from "./dom.js";
import { fetchLook } from "./sheets.js";
import { texts } from "./texts.js";

/**
 * `button` is one such as Undo, `icon` and `tone` are as of a banner.
 * @typedef {{ button?: { text: string, act: () => unknown }, icon?: string, tone?: string }} Way
 * @param {string} text
 * @param {Way} way
 */
export function toast(text, way = {}) {
  announce(text);
  Promise.all([import("../components/toasts.js"), fetchLook()]).then(
    ([{ showToast }]) => showToast(text, way),
    () => {},
  );
}

/** @type {(act: () => unknown) => Way} The way of a toast that takes back what was done. */
export const undo = (act) => ({ button: { text: texts.talk.undo, act } });
