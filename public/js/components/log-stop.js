// The conversation is one stop of the Tab key: once in it, the arrows lead on.

/** What the arrows lead to in a message. */
export const PARTS = ".quote[href], .message__said a, .message__said button, .reaction";

/**
 * Leaves a message, and what can be used in it, to the arrows.
 * @param {HTMLElement} row
 */
export function takeFromTab(row) {
  row.tabIndex = -1;
  for (const part of row.querySelectorAll(PARTS)) part.tabIndex = -1;
}

/**
 * The keys of the list are fetched when one is in it.
 * @param {HTMLElement} list
 */
export function listenForKeys(list) {
  const load = () =>
    import("./log-keys.js").then(
      ({ moveByKeys }) => moveByKeys(list),
      () => listenForKeys(list),
    );
  list.addEventListener("focusin", load, { once: true });
}
