// Who is writing: a line that floats over the foot of the list and moves nothing. Several people are a number.
import { announce, byId, markUrl, part, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";
import { whoIs } from "../lib/who.js";

const PILE = 3;

/** @param {Visitor[]} visitors */
export function showTyping(visitors) {
  const line = byId("typing");
  const began = line.hidden;
  line.hidden = visitors.length === 0;
  if (line.hidden) return;
  const { writes, write } = texts.talk;
  const text =
    visitors.length === 1 ? fill(writes, { name: whoIs(visitors[0]).name }) : fill(write, { n: visitors.length });
  setText(line.querySelector(".typing__who"), text);
  // Told once, when somebody begins; who joins in later is only seen.
  if (began) announce(text);
  part(line, ".pile").replaceChildren(
    ...visitors.slice(0, PILE).map(({ id }) => {
      const mark = new Image(48, 48);
      mark.className = "mark";
      mark.alt = "";
      mark.src = markUrl(id);
      return mark;
    }),
  );
}
