// The rules of the fields, so that a mistake is told before it is sent. The server has the last word, in the same words.
import { fill } from "../lib/texts.js";

/** @type {(text: string) => number} */
export const count = (text) => [...text].length;

/**
 * What is wrong with the value of a field, in the `words` of the page; nothing if it may be sent.
 * @typedef {(value: string, limits: { min?: number, limit: number }, words: Record<string, string>) => string} Check
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: a title may have none of them.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** @type {Check} */
export function checkTitle(value, { limit }, words) {
  const title = value.trim();
  if (title === "") return fill(words.title_empty, { limit });
  const was = count(title);
  if (was > limit) return fill(words.title_too_long, { limit, was });
  return CONTROL.test(title) ? fill(words.control, { field: words.title }) : "";
}

/** @type {Check} */
export function checkMax(value, { min = 0, limit }, words) {
  const text = value.trim();
  if (!/^-?\d+$/.test(text)) return fill(words.max_number, { min, limit });
  const seats = Number(text);
  return seats < min || seats > limit ? fill(words.max_range, { min, limit }) : "";
}

/** @type {Check} */
export function checkPassword(value, { limit }, words) {
  const was = new TextEncoder().encode(value).length;
  return was > limit ? fill(words.password_too_long, { limit, was }) : "";
}
