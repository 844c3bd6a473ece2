// Sheets that are needed seldom: their markup and what their scripts say, fetched when one is asked for first.
import { getJson } from "./http.js";
import { lang, texts } from "./texts.js";

const asked = new Map();

/** The module of a sheet, once its markup is in the page: a module finds its elements when it is loaded. */
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

async function put(name) {
  const sheet = await getJson(`/sheets/${lang}/${name}`);
  for (const [group, more] of Object.entries(sheet.texts)) texts[group] = { ...texts[group], ...more };
  document.body.insertAdjacentHTML("beforeend", sheet.html);
}
