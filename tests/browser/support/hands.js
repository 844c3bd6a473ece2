// Two ways to work the page: by keyboard alone, and by touch alone. Both do the same, so that one story tells both.
import assert from "node:assert/strict";
import { eventually } from "./wait.js";

/** @typedef {import("playwright-core").Locator} Target */

const TABS = 120;
/** A target of a finger, in CSS px (WCAG 2.2, 2.5.5). */
const FINGER = 44;

/** @type {(visitor: WithPage) => Promise<string>} What has the focus in a page, in a few words. */
export const focusOf = ({ page }) =>
  page.evaluate(() => {
    const { tagName, id, className, ariaLabel, textContent } = document.activeElement ?? document.body;
    return `<${tagName.toLowerCase()} #${id} .${className}> ${ariaLabel ?? textContent.trim().slice(0, 40)}`;
  });

/** @type {(visitor: WithPage, target: Target, what: string) => Promise<boolean>} Waits until something has the focus. */
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

/** By keyboard alone: what has the focus is always seen, and everything is reached by Tab. */
export class Keys {
  /** @param {PageVisitor} visitor */
  constructor(visitor) {
    this.visitor = visitor;
    this.page = visitor.page;
    // As long as somebody listens, Chromium hands its dialog over before a key can open it.
    this.page.on("filechooser", () => {});
  }

  /**
   * Presses Tab until something has the focus, and asserts that one sees it.
   * @param {Target} target
   * @param {string} key
   */
  async go(target, key = "Tab") {
    await target.waitFor();
    if (await target.evaluate(isInMessage)) await this.#arrive(target, key);
    else await this.#tab(target, key);
    // What has just come in may still be on its way.
    await eventually(
      async () => {
        assert.deepEqual(await target.evaluate(unseen), []);
        return true;
      },
      `the focus on ${target} is seen`,
      5_000,
    );
  }

  /**
   * Goes to the conversation by Tab, and inside it by the arrows.
   * @param {Target} target
   * @param {string} key
   */
  async #arrive(target, key) {
    if (!(await this.page.evaluate(() => document.activeElement.closest("#chat-list"))))
      await this.#tab(this.page.locator("#chat-list"), key);
    for (let n = 0; ; n += 1) {
      const next = await target.evaluate(arrowTo);
      if (!next) return;
      assert.ok(n < TABS, `the arrows do not reach ${target}; they stand on ${await focusOf(this.visitor)}`);
      await this.page.keyboard.press(next);
    }
  }

  /**
   * @param {Target} target
   * @param {string} key
   */
  async #tab(target, key) {
    const on = () => target.evaluate((element) => element === document.activeElement);
    for (let n = 0; !(await on()); n += 1) {
      assert.ok(n < TABS, `Tab does not reach ${target}; it stands on ${await focusOf(this.visitor)}`);
      await this.page.keyboard.press(key);
    }
  }

  /** @param {Target} target */
  async use(target) {
    await this.go(target);
    await this.page.keyboard.press("Enter");
  }

  /**
   * The same for what stands before the place where one is.
   * @param {Target} target
   */
  async useBefore(target) {
    await this.go(target, "Shift+Tab");
    await this.page.keyboard.press("Enter");
  }

  /** @param {Target} target */
  async toggle(target) {
    await this.go(target);
    await this.page.keyboard.press("Space");
  }

  /**
   * @param {Target} field
   * @param {string} text
   */
  async write(field, text) {
    await this.go(field);
    await this.page.keyboard.press("Control+A");
    for (const [n, line] of text.split("\n").entries()) {
      if (n > 0) await this.page.keyboard.press("Shift+Enter");
      await this.page.keyboard.type(line);
    }
  }

  /**
   * By a link before everything else straight to what one came for.
   * @param {Target} link
   * @param {Target} to
   */
  async skip(link, to) {
    await this.useBefore(link);
    await hasFocus(this.visitor, to, "it leads there");
  }

  /** Sends what is in a field that has the focus. */
  send() {
    return this.page.keyboard.press("Enter");
  }

  /**
   * Chooses files by the dialog of the browser.
   * @param {Target} input
   * @param {any[]} files
   */
  async choose(input, ...files) {
    await this.go(input);
    const chooser = this.page.waitForEvent("filechooser");
    await this.page.keyboard.press("Space");
    await (await chooser).setFiles(files);
  }

  /**
   * Chooses an entry of the menu behind a button.
   * @param {Target} button
   * @param {string} entry
   */
  async menu(button, entry) {
    await this.use(button);
    const item = this.page.getByRole("menu").getByRole("menuitem", { name: entry, exact: true });
    await item.waitFor();
    const count = await this.page.getByRole("menuitem").count();
    for (let n = 0; !(await item.evaluate((element) => element === document.activeElement)); n += 1) {
      assert.ok(n <= count, `the arrows do not reach ${entry}`);
      await this.page.keyboard.press("ArrowDown");
    }
    await this.page.keyboard.press("Enter");
  }

  /**
   * Chooses an option of a list that drops down, by its place.
   * @param {Target} list
   * @param {number} place
   */
  async option(list, place) {
    await this.go(list);
    await this.page.keyboard.press("Home");
    for (let n = 0; n < place; n += 1) await this.page.keyboard.press("ArrowDown");
  }

  /**
   * Leaves a dialog or panel without its buttons.
   * @param {Target} dialog
   */
  async leave(dialog) {
    await this.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  }

  /**
   * One stretch up in a list.
   * @param {Target} list
   */
  async scrollUp(list) {
    await this.go(list);
    await this.page.keyboard.press("Home");
  }
}

/** By touch alone: nothing hovers, and what is tapped is large enough and not covered. */
export class Fingers {
  /** @type {import("playwright-core").CDPSession | null} */
  #devtools = null;

  /** @param {PageVisitor} visitor */
  constructor(visitor) {
    this.visitor = visitor;
    this.page = visitor.page;
    // As long as somebody listens, Chromium hands its dialog over before a key can open it.
    this.page.on("filechooser", () => {});
  }

  /** @param {Target} target */
  async use(target) {
    await target.waitFor();
    const { width, height } = await target.evaluate(targetSize);
    assert.ok(width >= FINGER && height >= FINGER, `${target} is ${width} × ${height} px`);
    await target.tap();
  }

  /** @param {Target} target */
  useBefore(target) {
    return this.use(target);
  }

  /** @param {Target} target */
  toggle(target) {
    return this.use(target);
  }

  /**
   * @param {Target} field
   * @param {string} text
   */
  async write(field, text) {
    await this.use(field);
    await field.evaluate((/** @type {HTMLInputElement} */ element) => element.select());
    await this.page.keyboard.insertText(text);
  }

  /**
   * Taps the button that sends what is in a field.
   * @param {Target} button
   */
  send(button) {
    return this.use(button);
  }

  /**
   * @param {Target} input
   * @param {any[]} files
   */
  async choose(input, ...files) {
    const chooser = this.page.waitForEvent("filechooser");
    await this.use(input);
    await (await chooser).setFiles(files);
  }

  /**
   * @param {Target} button
   * @param {string} entry
   */
  async menu(button, entry) {
    await this.use(button);
    await this.use(this.page.getByRole("menu").getByRole("menuitem", { name: entry, exact: true }));
  }

  /**
   * @param {Target} list
   * @param {number} place
   */
  async option(list, place) {
    await this.use(list);
    // What drops down is drawn by the system and not by the page.
    await list.selectOption({ index: place });
  }

  /**
   * @param {Target} dialog
   * @param {string} close
   */
  async leave(dialog, close) {
    await this.use(dialog.getByRole("button", { name: close, exact: true }).first());
    await dialog.waitFor({ state: "hidden" });
  }

  /** @param {Target} list */
  async scrollUp(list) {
    const box = await list.boundingBox();
    assert.ok(box);
    const { x, y, width, height } = box;
    this.#devtools ??= await this.visitor.context.newCDPSession(this.page);
    const devtools = this.#devtools;
    /** @type {(type: "touchStart" | "touchMove" | "touchEnd", share: number | null) => Promise<unknown>} */
    const touch = (type, share) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: share === null ? [] : [{ x: Math.round(x + width / 2), y: Math.round(y + height * share) }],
      });
    await touch("touchStart", 0.1);
    for (let share = 0.2; share < 0.95; share += 0.15) await touch("touchMove", share);
    await touch("touchEnd", null);
    // A tap on a page that still runs on only stops it.
    await list.evaluate(atRest);
  }
}

// The functions below run in the page.

/** @type {(element: Element) => boolean} Whether an element is a part of a message that the arrows lead to. */
const isInMessage = (element) => Boolean(element.closest("#chat-list .message") && !element.closest(".message__state"));

/**
 * The arrow that leads on to a part of a message, or to a message itself.
 * @param {Element} element
 */
function arrowTo(element) {
  const held = document.activeElement;
  if (held === element) return null;
  const [at, to] = [held.closest(".message"), element.closest(".message")];
  if (!at) return "ArrowUp";
  if (at !== to) return at.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_PRECEDING ? "ArrowUp" : "ArrowDown";
  return held.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING ? "ArrowLeft" : "ArrowRight";
}

/**
 * Why one does not see that an element has the focus: a list, empty when one does.
 * @param {Element} element
 */
function unseen(element) {
  /** @type {string[]} */
  const why = [];
  // A file is chosen by a field that lies over what is drawn.
  const drawn = element.matches("[type=file]") ? /** @type {Element} */ (element.parentElement) : element;
  // The link of a card rings the whole card.
  const ringed = [drawn, drawn.closest(".room__door")].some((part) => {
    const { outlineStyle = "none", outlineWidth = "0" } = part ? getComputedStyle(part) : {};
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  if (!ringed) why.push("it has no ring");
  for (let part = /** @type {Element | null} */ (drawn); part; part = part.parentElement)
    if (Number(getComputedStyle(part).opacity) < 0.9) why.push("it is transparent");
  const { left, right, top, bottom } = drawn.getBoundingClientRect();
  const across = [0.1, 0.5, 0.9].map((share) => Math.min(Math.max(left + (right - left) * share, 1), innerWidth - 1));
  const down = [0.1, 0.5, 0.9].map((share) => Math.min(Math.max(top + (bottom - top) * share, 1), innerHeight - 1));
  const hit = across
    .flatMap((x) => down.map((y) => document.elementFromPoint(x, y)))
    .some((over) => drawn.contains(over));
  if (!hit) why.push("something covers it");
  return why;
}

/**
 * Waits until a list has stopped scrolling: it stays where it is for ten frames.
 * @param {Element} list
 */
export async function atRest(list) {
  for (let still = 0, at = list.scrollTop; still < 10; still += 1) {
    await new Promise((done) => {
      requestAnimationFrame(done);
    });
    if (list.scrollTop === at) continue;
    at = list.scrollTop;
    still = 0;
  }
}

/**
 * How large the area is that a finger may hit: a box to tick with its label is one.
 * @param {Element} element
 */
function targetSize(element) {
  const { labels = [] } = /** @type {Partial<HTMLInputElement>} */ (element);
  const parts = [element, ...(labels ?? [])].map((part) => part.getBoundingClientRect());
  return {
    width: Math.max(...parts.map(({ width }) => width)),
    height: Math.max(...parts.map(({ height }) => height)),
  };
}
