// Who somebody is, as the page shows it: a mark, a hue, a name that others may have, too, and a code that tells them apart.
import { markUrl, setHue, setText } from "./dom.js";
import { lang } from "./texts.js";

/** `{id, name, color, hue}` of what the server sends about somebody: a visitor, message, line or whisper. */
export const whoIs = ({ id, visitor, name, color, user, hue }) => {
  const code = color ?? user;
  // A server of an older version knows no names.
  return { id: visitor ?? id, name: name?.[lang] ?? code, color: code, hue };
};

/** The same of the owner of a room. */
export const ownerOf = ({ visitor, name, owner, hue }) => whoIs({ visitor, name, color: owner, hue });

/** The same but for the id, read from an element that shows it. */
export function whoIn(element) {
  const name = element.querySelector(".name");
  return { name: name.textContent, color: name.title, hue: /\bhue-(\d+)/.exec(element.className)?.[1] };
}

/** Writes a name, with the code as its tooltip. */
export function showName(element, { name, color }) {
  setText(element, name);
  element.title = color;
}

/** Gives an element the hue, mark and name of somebody. */
export function showWho(element, who) {
  setHue(element, who.hue);
  element.querySelector(".mark").src = markUrl(who.id);
  showName(element.querySelector(".name"), who);
}
