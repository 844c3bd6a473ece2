// Addresses in what people write. src/views/links.rs finds the same ones, by the same cases in tests/links.json.

const SCHEME = /(?<![A-Za-z0-9])https?:\/\//g;
const ADDRESS = /^[^\s<>"\u0060]+/u;
const ENDS = /[.,:;!?'*_~…。、」』]$/u;

const times = (text, letter) => text.split(letter).length - 1;

// What ends a sentence does not belong to an address, and a bracket only when it was opened in it.
function trimmed(link) {
  for (;;) {
    const open = { ")": "(", "]": "[" }[link.at(-1)];
    if (!(open ? times(link, link.at(-1)) > times(link, open) : ENDS.test(link))) return link;
    link = [...link].slice(0, -1).join("");
  }
}

/** Cuts a text into `{text, link}`: what is an address, and what stands between. */
export function parts(text) {
  const found = [];
  let plain = 0;
  const push = (piece, link) => { if (piece) found.push({ text: piece, link }); };
  for (const { index } of text.matchAll(SCHEME)) {
    if (index < plain) continue;
    const link = trimmed(ADDRESS.exec(text.slice(index))[0]);
    if (!/^https?:\/\/[\p{L}\p{N}]/u.test(link)) continue;
    push(text.slice(plain, index), false);
    push(link, true);
    plain = index + link.length;
  }
  push(text.slice(plain), false);
  return found;
}
