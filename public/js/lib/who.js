// Who somebody is, as the page shows it: a mark, a hue, a name that others may have, too, and a code that tells them apart.
import { markUrl, part, setHue, setText } from "./dom.js";
import { lang } from "./texts.js";

/**
 * Whom something is about that the server sends: a visitor, message, line or whisper.
 * @param {{ id?: string, visitor?: string, name?: Names, color?: string, user?: string, hue?: Hue }} about
 * @return {Who}
 */
export const whoIs = ({ id, visitor, name, color, user, hue }) => {
  const code = color ?? user ?? "";
  // A server of an older version knows no names.
  return {
    id: visitor ?? id ?? "",
    name: name?.[/** @type {keyof Names} */ (lang)] ?? code,
    color: code,
    hue: hue ?? null,
  };
};

/** @type {(room: Room) => Who} The same of the owner of a room. */
export const ownerOf = ({ visitor, name, owner, hue }) => whoIs({ visitor, name, color: owner, hue });

/**
 * The same but for the id, read from an element that shows it.
 * @param {Element} element
 */
export function whoIn(element) {
  const name = part(element, ".name");
  const hue = /\bhue-(\d+)/.exec(element.className)?.[1];
  return { name: name.textContent, color: name.title, hue: hue === undefined ? null : Number(hue) };
}

/**
 * Writes a name, with the code as its tooltip.
 * @param {HTMLElement} element
 * @param {Pick<Who, "name" | "color">} who
 */
export function showName(element, { name, color }) {
  setText(element, name);
  element.title = color;
}

/**
 * Gives an element the hue, mark and name of somebody.
 * @param {Element} element
 * @param {Who} who
 */
export function showWho(element, who) {
  setHue(element, who.hue);
  part(element, ".mark").src = markUrl(who.id);
  showName(part(element, ".name"), who);
}
