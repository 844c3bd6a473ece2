// What the page says, from the same file as the page itself: tests ask for it by key, in the language of their visitor.
import { readFileSync } from "node:fs";

const TEXT = /^(\w+) = \{ en = ("(?:[^"\\]|\\.)*"), ko = ("(?:[^"\\]|\\.)*")/;
const file = readFileSync(new URL("../../../src/locales/texts.toml", import.meta.url), "utf8");
/** @type {Map<string, { en: string, ko: string }>} */
const entries = new Map(
  file.split(/^\[/m).flatMap((part) => {
    const group = part.slice(0, part.indexOf("]"));
    const texts = part
      .split("\n")
      .map((line) => TEXT.exec(line))
      .filter((found) => found !== null);
    return texts.map(([, key, en, ko]) => [`${group}.${key}`, { en: JSON.parse(en), ko: JSON.parse(ko) }]);
  }),
);

/** @type {Record<string, string>} A time of day as a language writes it, as a regular expression. */
export const CLOCK = { "en-US": "\\d{1,2}:\\d\\d\\s[AP]M", "ko-KR": "(오전|오후) \\d{1,2}:\\d\\d" };

/** @type {Record<string, string>} What a name looks like in a language, as a regular expression. */
export const NAME = { "en-US": "[A-Z][a-z]+ [A-Z][a-z]+", "ko-KR": "[가-힣]{1,4} [가-힣]{1,4}" };

/**
 * `words("ko-KR")("chat.send")` is what a page in that language says; places such as `%{name}` are filled.
 * @param {string} locale
 * @return {(key: string, places?: Record<string, string | number>) => string}
 */
export function words(locale) {
  const lang = locale.startsWith("ko") ? "ko" : "en";
  return (key, places = {}) => {
    const text = entries.get(key)?.[lang];
    if (!text) throw new Error(`the page has no words for ${key}`);
    return text.replaceAll(/%\{(\w+)\}/g, (_, place) => String(places[place]));
  };
}
