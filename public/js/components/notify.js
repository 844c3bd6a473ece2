// What came in while one looks elsewhere, as a notification of the system.
import { markUrl } from "../lib/dom.js";
import { fill, straight, texts } from "../lib/texts.js";
import { whoIs } from "../lib/who.js";

/** @type {Notification | null} */
let shown = null;

/**
 * Tells a message of the room that is called `title`. Pressing it brings the room forward.
 * @param {string} title
 * @param {Message | Whisper} message
 */
export async function notify(title, message) {
  const { chat, alt } = message;
  const { id, name } = whoIs(message);
  const body = `${name}: ${straight(chat ?? (alt ? fill(texts.talk.sent_gif, { alt }) : "GIF"))}`;
  const room = location.pathname;
  const options = { body, tag: room, icon: markUrl(id) };
  try {
    const note = new Notification(title, options);
    note.onclick = () => {
      window.focus();
      note.close();
    };
    shown = note;
  } catch {
    const { ready } = navigator.serviceWorker;
    // Android draws no SVG there.
    await (await ready).showNotification(title, { ...options, icon: markUrl(id).replace("svg", "png"), data: room });
  }
}

/** Takes it away: somebody looks at the page again, what it says may not be so any more, or the room is gone. */
export async function forget() {
  shown?.close();
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const note of (await registration?.getNotifications({ tag: location.pathname })) ?? []) note.close();
}
