// Times and sizes in the words of the page's language.
import { lang } from "./texts.js";

const clockFormat = new Intl.DateTimeFormat(lang, { timeStyle: "short" });
const fullFormat = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });
const dayFormat = new Intl.DateTimeFormat(lang, { weekday: "long", month: "long", day: "numeric" });
const agoFormat = new Intl.RelativeTimeFormat(lang);

/** @type {(date: Date) => string} */
export const clock = (date) => clockFormat.format(date);
/** @type {(date: Date) => string} */
export const fullDate = (date) => fullFormat.format(date);
/** @type {(date: Date) => string} */
export const dayName = (date) => dayFormat.format(date);

/**
 * The local day of a date as `YYYY-MM-DD`.
 * @param {Date} date
 */
export function dayKey(date) {
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * How long ago a date was, as the server says it.
 * @param {number} date in ms, as `now` is
 * @param {number} now
 * @param {string} justNow
 */
export function ago(date, now, justNow) {
  const minutes = Math.floor((now - date) / 60_000);
  if (minutes < 1) return justNow;
  if (minutes < 60) return agoFormat.format(-minutes, "minute");
  if (minutes < 1440) return agoFormat.format(-Math.floor(minutes / 60), "hour");
  return agoFormat.format(-Math.floor(minutes / 1440), "day");
}

/** @type {(number: number, name: string) => string} Korean writes a unit next to its number. */
const unit = (number, name) => `${number}${lang === "ko" ? "" : " "}${name}`;

/**
 * A size as people read it; rounded up, so that what is over a limit never looks like it.
 * @param {number} bytes
 */
export function sizeText(bytes) {
  return bytes <= 999_000 ? unit(Math.ceil(bytes / 1e3), "kB") : unit(Math.ceil(bytes / 1e5) / 10, "MB");
}

/**
 * A limit as people read it; rounded down, so that it is never overstated.
 * @param {number} bytes
 */
export function limitText(bytes) {
  if (bytes < 1e3) return unit(bytes, "B");
  if (bytes < 1e6) return unit(Math.floor(bytes / 1e3), "kB");
  return unit(bytes < 1e7 ? Math.floor(bytes / 1e5) / 10 : Math.floor(bytes / 1e6), "MB");
}
