// Where the focus is.
import assert from "node:assert/strict";
import { eventually } from "./wait.js";

/** @type {(visitor: WithPage) => Promise<string>} What has the focus in a page, in a few words. */
export const focusOf = ({ page }) =>
  page.evaluate(() => {
    const { tagName, id, className, ariaLabel, textContent } = document.activeElement ?? document.body;
    return `<${tagName.toLowerCase()} #${id} .${className}> ${ariaLabel ?? textContent.trim().slice(0, 40)}`;
  });

/** @type {(visitor: WithPage, target: Locator, what: string) => Promise<boolean>} Waits until something has the focus. */
export const hasFocus = (visitor, target, what) =>
  eventually(
    async () => {
      assert.ok(
        await target.evaluate((element) => element === document.activeElement),
        `${what}; it is on ${await focusOf(visitor)}`,
      );
      return true;
    },
    "the focus",
    5_000,
  );

/** @type {(visitor: WithPage, when: string) => Promise<boolean>} Waits until the focus is on something that can be seen. */
export const focusKept = (visitor, when) =>
  eventually(
    async () => {
      assert.ok(
        await visitor.page.evaluate(() => {
          const held = document.activeElement;
          return (
            held &&
            held !== document.body &&
            held.checkVisibility({ visibilityProperty: true }) &&
            !held.closest("[inert]")
          );
        }),
        `${when} the focus is on ${await focusOf(visitor)}`,
      );
      return true;
    },
    "the focus",
    5_000,
  );
