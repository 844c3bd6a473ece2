// The way from a notification to its room.

/**
 * Brings forward the page of a room, by its path, or opens it.
 * @param {string} path
 */
export async function goTo(path) {
  const all = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = all.find(({ url }) => new URL(url).pathname === path);
  return open ? open.focus() : clients.openWindow(path);
}
