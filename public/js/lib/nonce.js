// Names a message before the server has seen it: 24 characters of [A-Za-z0-9_-], 144 random bits.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export const newNonce = () =>
  [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => LETTERS[byte & 63]).join("");
