// The lines that the server writes into a room's history.
import assert from "node:assert/strict";

const WORDS = { joined: "입장하셨습니다.", left: "퇴장하셨습니다." };

/**
 * Asserts that `told` is the line of that kind about a visitor, at that place, with so many seats taken then.
 * @param {Line} told
 * @param {"joined" | "left"} line
 * @param {{ room: string, seq: number, visitor: Visitor, count: number }} about
 */
export function assertLine(told, line, { room, seq, visitor, count }) {
  const { _id, createdAt, ...rest } = told;
  assert.match(_id, /^[\w-]{16,}$/);
  assert.equal(new Date(createdAt).toISOString(), createdAt);
  const { id, color, hue, name } = visitor;
  assert.deepEqual(rest, {
    room,
    seq,
    user: "system",
    line,
    visitor: id,
    color,
    hue,
    name,
    count,
    chat: `${color}님이 ${WORDS[line]}`,
  });
}
