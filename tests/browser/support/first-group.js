import assert from "node:assert/strict";

/**
 * Returns what the first group of a pattern matches. Throws if the pattern does not match.
 * @param {RegExp} pattern
 * @param {string} text
 */
export function firstGroup(pattern, text) {
  const [, group] = pattern.exec(text) ?? [];
  assert.ok(group !== undefined, `${pattern} does not match`);
  return group;
}
