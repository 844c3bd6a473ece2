// What gives a message its classes. The server renders the same: both are held to the cases in tests/cases.
const TINY = 72;
const SMALL = 160;
const GROUP = 5 * 60_000;

/**
 * The class of a GIF's box, by the size of the GIF in pixels.
 * @param {number} width
 * @param {number} height
 */
export function shapeOf(width, height) {
  if (width < TINY) return "gif--tiny";
  if (width < SMALL) return "gif--small";
  if (width * 5 < height * 4) return "gif--tall";
  return width * 4 <= height * 5 ? "gif--square" : "";
}

/**
 * Whether a message belongs to the group of the one before: same visitor, under five minutes between.
 * @typedef {{ visitor: string | undefined, at: number }} Grouped `at` in ms
 * @type {(before: Grouped, message: Grouped) => boolean}
 */
export const isSameGroup = (before, message) =>
  before.visitor === message.visitor && Math.abs(message.at - before.at) < GROUP;

/** @type {(hue: Hue | undefined) => string} The class of a hue: its step, or none for grey. */
export const hueClass = (hue) => (hue === null || hue === undefined ? "hue-none" : `hue-${hue}`);
