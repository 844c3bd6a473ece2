// The hue step of a colour, for objects that carry the colour alone: OKLCH hue in steps of 10, null below chroma 0.03.
const linear = (byte) => (byte <= 10.31475 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);

export function hueOf(color) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color ?? "");
  if (!found) return null;
  const [r, g, b] = found.slice(1).map((hex) => linear(Number.parseInt(hex, 16)));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const x = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const y = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  if (Math.hypot(x, y) < 0.03) return null;
  const degrees = (Math.atan2(y, x) * 180) / Math.PI;
  return ((Math.round(degrees / 10) % 36) + 36) % 36;
}
