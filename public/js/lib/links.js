// Addresses in what people write. src/page/views/links.rs finds the same ones, by the cases in tests/cases/links.json.

const BEGINS = /(?<![A-Za-z0-9])(?:https?:\/\/|www\.)(?=[\p{L}\p{N}])/gu;
const ADDRESS = /[^\s<>"\u0060]+/uy;
const ENDS = ".,:;!?'*_~…。、」』";

/** @type {(text: string, letter: string) => number} */
const times = (text, letter) => text.split(letter).length - 1;

/**
 * What ends a sentence does not belong to an address, and a bracket only when it was opened in it.
 * @param {string} link
 */
function trimmed(link) {
  /** @type {Record<string, number>} */
  const surplus = { ")": times(link, ")") - times(link, "("), "]": times(link, "]") - times(link, "[") };
  let end = link.length;
  while (ENDS.includes(link[end - 1]) || surplus[link[end - 1]] > 0) {
    end -= 1;
    if (link[end] in surplus) surplus[link[end]] -= 1;
  }
  return link.slice(0, end);
}

/** @type {(link: string) => string} Where a link leads: one without a scheme is taken for https. */
export const hrefOf = (link) => (link.startsWith("www.") ? `https://${link}` : link);

/**
 * Cuts a text into what is an address, and what stands between.
 * @param {string} text
 */
export function parts(text) {
  /** @type {{ text: string, link: boolean }[]} */
  const found = [];
  let plain = 0;
  /** @type {(piece: string, link: boolean) => void} */
  const push = (piece, link) => {
    if (piece) found.push({ text: piece, link });
  };
  for (const { index } of text.matchAll(BEGINS)) {
    if (index < plain) continue;
    ADDRESS.lastIndex = index;
    const link = trimmed(ADDRESS.exec(text)?.[0] ?? "");
    push(text.slice(plain, index), false);
    push(link, true);
    plain = index + link.length;
  }
  push(text.slice(plain), false);
  return found;
}
