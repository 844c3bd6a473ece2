// Waiting for something to become true.
import { setTimeout as pause } from "node:timers/promises";

export const TIMEOUT = 30_000;

/**
 * Tries until `check` neither throws nor gives false, and returns what it gave; after `limit` ms its last failure is thrown.
 * @template Got
 * @param {() => Got | Promise<Got>} check
 * @param {string} what
 * @param {number} limit
 * @return {Promise<NonNullable<Exclude<Got, false>>>}
 */
export async function eventually(check, what = "the condition", limit = TIMEOUT) {
  const end = Date.now() + limit;
  for (;;) {
    let why;
    try {
      const got = await check();
      if (got !== false && got !== null && got !== undefined)
        return /** @type {NonNullable<Exclude<Got, false>>} */ (got);
      why = new Error(`${what} did not come true: ${got}`);
    } catch (error) {
      why = /** @type {Error} */ (error);
    }
    if (Date.now() > end) throw new Error(`${what}: ${why.message}`, { cause: why });
    await pause(40);
  }
}

/**
 * What a promise gives, unless that takes longer than `limit` ms.
 * @template Gives
 * @param {Promise<Gives>} promise
 * @param {number} limit
 * @param {string} what
 * @return {Promise<Gives>}
 */
export function within(promise, limit, what) {
  /** @type {NodeJS.Timeout} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limit} ms`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
