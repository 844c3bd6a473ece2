// What came in while one looks elsewhere, as a notification of the system.
import { markUrl } from "../lib/dom.js";
import { fill, straight, texts } from "../lib/texts.js";
import { whoIs } from "../lib/who.js";

/** Tells a message of the room that is called `title`. Pressing it brings the room forward. */
export async function notify(title, message) {
  const { chat, alt } = message;
  const { id, name } = whoIs(message);
  const body = `${name}: ${straight(chat ?? (alt ? fill(texts.talk.sent_gif, { alt }) : "GIF"))}`;
  const room = location.pathname;
  const options = { body, tag: room, icon: markUrl(id) };
  try {
    const note = new Notification(title, options);
    note.onclick = () => { window.focus(); note.close(); };
  } catch {
    const { ready } = navigator.serviceWorker;
    // Android draws no SVG there.
    await (await ready).showNotification(title, { ...options, icon: markUrl(id).replace("svg", "png"), data: room });
    document.addEventListener("visibilitychange", () => close(room), { once: true });
  }
}

// One that the service worker has shown stays after the page is looked at again.
async function close(tag) {
  const { ready } = navigator.serviceWorker;
  for (const note of await (await ready).getNotifications({ tag })) note.close();
}
