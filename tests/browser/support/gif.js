// Real GIFs, drawn and encoded here: every one can be decoded, played and looked at.

/**
 * Colours of a strip from one to another, both `[r, g, b]`.
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} steps
 */
export function strip(from, to, steps) {
  return Array.from({ length: steps }, (_, step) =>
    from.map((low, part) => Math.round(low + ((to[part] - low) * step) / (steps - 1))),
  );
}

const PALETTE = [...strip([24, 24, 60], [250, 120, 90], 32), ...strip([250, 120, 90], [255, 240, 200], 32)];

/**
 * Encodes an animation. `paint(x, y, time)` gives the place of a colour in the palette, `time` runs from 0 to 1;
 * `comment` and `padding` (bytes) go into comment blocks, which a server may drop.
 * @param {GifLook} look
 */
export function gif({
  width = 48,
  height = 32,
  frames = 2,
  delay = 10,
  palette = PALETTE,
  paint = rings,
  comment = "",
  padding = 0,
} = {}) {
  const bits = Math.max(2, Math.ceil(Math.log2(palette.length)));
  const table = Array.from({ length: 2 ** bits }, (_, place) => palette[place] ?? [0, 0, 0]).flat();
  /** @type {(number[] | Buffer)[]} */
  const parts = [
    ascii("GIF89a"),
    word(width),
    word(height),
    [0xf0 | (bits - 1), 0, 0],
    table,
    [0x21, 0xff, 11],
    ascii("NETSCAPE2.0"),
    [3, 1, 0, 0, 0],
  ];
  if (comment) parts.push([0x21, 0xfe], blocks(Buffer.from(comment)));
  if (padding) parts.push([0x21, 0xfe], blocks(Buffer.alloc(padding, 0x2e)));
  for (let frame = 0; frame < frames; frame += 1) {
    const pixels = new Uint8Array(width * height);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1)
        pixels[y * width + x] = paint(x / width, y / height, frame / frames, palette.length);
    }
    parts.push([0x21, 0xf9, 4, 4], word(delay), [0, 0]);
    parts.push([0x2c], word(0), word(0), word(width), word(height), [0, bits], blocks(lzw(pixels, bits)));
  }
  parts.push([0x3b]);
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** @type {Paint} Rings that run outwards. */
export function rings(x, y, time, colours) {
  const far = Math.hypot(x - 0.5, (y - 0.5) * 0.8);
  return Math.floor(((((far * 3 - time) % 1) + 1) % 1) * colours);
}

/** @type {Paint} Hills of a sea that rolls under a sun. */
export function sea(x, y, time, colours) {
  const wave = 0.62 + 0.05 * Math.sin(2 * Math.PI * (x * 2 + time));
  if (y > wave) return Math.floor(((y - wave) / (1 - wave)) * colours * 0.45);
  const sun = Math.hypot((x - 0.5) * 1.5, y - 0.42 - 0.04 * Math.sin(2 * Math.PI * time));
  if (sun < 0.22) return colours - 1;
  return Math.floor(colours * (0.5 + 0.35 * y));
}

/** @type {(...at: [...Parameters<Paint>, round?: number]) => number} A ball that jumps, `round` is width by height. */
export const ball = (x, y, time, colours, round = 1.4) => {
  const high = 0.72 - 0.5 * Math.abs(Math.sin(Math.PI * time));
  if (Math.hypot((x - 0.5) * round, y - high) < 0.14) return colours - 4;
  if (y > 0.88) return Math.floor(colours * 0.25);
  return Math.floor(colours * 0.05 + y * colours * 0.12);
};

/** The colours of a crowd: ground, line, white, then eight coats. */
export const COATS = [
  [232, 236, 255],
  [24, 24, 40],
  [255, 255, 255],
  [255, 122, 89],
  [242, 178, 12],
  [139, 191, 42],
  [63, 178, 138],
  [32, 184, 207],
  [91, 140, 255],
  [190, 104, 236],
  [255, 111, 168],
];

/** @type {Paint} A crowd of eight that does the wave, three times as wide as it is high. */
export function crowd(x, y, time) {
  const place = Math.min(7, Math.floor(x * 8));
  const [across, down] = [(x * 8 - place - 0.5) * 0.375, y];
  const top = 0.52 - 0.22 * Math.max(0, Math.sin(2 * Math.PI * (time - place / 8)));
  const far = down < top + 0.17 ? Math.hypot(across, down - top - 0.17) : Math.abs(across);
  if (far > 0.17) return 0;
  for (const eye of [-0.065, 0.065]) {
    const look = Math.hypot(across - eye, down - top - 0.17);
    if (look < 0.028) return 1;
    if (look < 0.055) return 2;
    if (look < 0.068) return 1;
  }
  return far > 0.152 ? 1 : 3 + place;
}

/**
 * @param {Uint8Array} pixels
 * @param {number} bits of a colour
 */
function lzw(pixels, bits) {
  const clear = 2 ** bits;
  /** @type {number[]} */
  const bytes = [];
  let buffer = 0;
  let filled = 0;
  let size = bits + 1;
  /** @type {Map<number, number>} */
  let codes = new Map();
  let next = clear + 2;
  /** @param {number} code */
  const put = (code) => {
    buffer |= code << filled;
    filled += size;
    for (; filled >= 8; filled -= 8, buffer >>>= 8) bytes.push(buffer & 255);
  };
  put(clear);
  let run = pixels[0];
  for (let place = 1; place < pixels.length; place += 1) {
    const key = (run << 8) | pixels[place];
    const known = codes.get(key);
    if (known !== undefined) {
      run = known;
      continue;
    }
    put(run);
    if (next < 4096) {
      if (next === 2 ** size) size += 1;
      codes.set(key, next);
      next += 1;
    } else {
      put(clear);
      codes = new Map();
      size = bits + 1;
      next = clear + 2;
    }
    run = pixels[place];
  }
  put(run);
  put(clear + 1);
  if (filled > 0) bytes.push(buffer & 255);
  return Buffer.from(bytes);
}

/** @param {Buffer} bytes */
function blocks(bytes) {
  /** @type {Buffer[]} */
  const parts = [];
  for (let from = 0; from < bytes.length; from += 255) {
    const part = bytes.subarray(from, from + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** @type {(text: string) => number[]} */
const ascii = (text) => [...Buffer.from(text, "latin1")];
/** @type {(number: number) => number[]} */
const word = (number) => [number & 255, number >> 8];
