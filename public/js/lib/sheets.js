// Sheets that are needed seldom: their markup, what their scripts say, and how they look, fetched when one is asked for first.
import { getJson } from "./http.js";
import { lang, texts } from "./texts.js";

/** @type {Map<string, Promise<void>>} */
const asked = new Map();
/** @type {Map<string, Promise<unknown>>} */
const styles = new Map();

/**
 * The module of a sheet, once its markup is in the page: a module finds its elements when it is loaded.
 * @template Module
 * @param {string} name
 * @param {() => Promise<Module>} load
 */
export async function fetchSheet(name, load) {
  if (!asked.has(name)) asked.set(name, put(name));
  try {
    await asked.get(name);
  } catch (why) {
    // Whoever asks again may have more luck.
    asked.delete(name);
    throw why;
  }
  return load();
}

/**
 * A stylesheet, unless the page has it.
 * @param {string} name
 */
export function fetchStyle(name) {
  const coming = styles.get(name) ?? style(name);
  styles.set(name, coming);
  return coming;
}

/** How all that opens over the room looks. */
export const fetchLook = () => fetchStyle("sheets.css");

/** @param {string} name */
async function put(name) {
  /** @type {[Sheet, unknown]} */
  const [sheet] = await Promise.all([getJson(`/sheets/${lang}/${name}`), fetchLook()]);
  for (const [group, more] of Object.entries(sheet.texts)) texts[group] = { ...texts[group], ...more };
  document.body.insertAdjacentHTML("beforeend", sheet.html);
}

/**
 * Beside the style of the page, under the same version.
 * @param {string} name
 */
async function style(name) {
  const page = /** @type {HTMLLinkElement} */ (document.querySelector('link[href$="/css/app.css"]'));
  const link = /** @type {HTMLLinkElement} */ (page.cloneNode());
  link.href = page.href.replace("app.css", name);
  if (document.querySelector(`link[href$="${name}"]`)) return;
  return new Promise((done, fail) => {
    link.onload = done;
    link.onerror = () => {
      styles.delete(name);
      link.remove();
      fail({});
    };
    page.after(link);
  });
}
