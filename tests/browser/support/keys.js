// A page worked by keyboard alone. Fingers do the same by touch, so that one story tells both.
import assert from "node:assert/strict";
import { focusOf, hasFocus } from "./focus.js";
import { eventually } from "./wait.js";

const TABS = 120;

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
   * @param {Locator} target
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
   * @param {Locator} target
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
   * @param {Locator} target
   * @param {string} key
   */
  async #tab(target, key) {
    const on = () => target.evaluate((element) => element === document.activeElement);
    for (let n = 0; !(await on()); n += 1) {
      assert.ok(n < TABS, `Tab does not reach ${target}; it stands on ${await focusOf(this.visitor)}`);
      await this.page.keyboard.press(key);
    }
  }

  /** @param {Locator} target */
  async use(target) {
    await this.go(target);
    await this.page.keyboard.press("Enter");
  }

  /**
   * The same for what stands before the place where one is.
   * @param {Locator} target
   */
  async useBefore(target) {
    await this.go(target, "Shift+Tab");
    await this.page.keyboard.press("Enter");
  }

  /** @param {Locator} target */
  async toggle(target) {
    await this.go(target);
    await this.page.keyboard.press("Space");
  }

  /**
   * @param {Locator} field
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
   * @param {Locator} link
   * @param {Locator} to
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
   * @param {Locator} input
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
   * @param {Locator} button
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
   * @param {Locator} list
   * @param {number} place
   */
  async option(list, place) {
    await this.go(list);
    await this.page.keyboard.press("Home");
    for (let n = 0; n < place; n += 1) await this.page.keyboard.press("ArrowDown");
  }

  /**
   * Leaves a dialog or panel without its buttons.
   * @param {Locator} dialog
   */
  async leave(dialog) {
    await this.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  }

  /**
   * One stretch up in a list.
   * @param {Locator} list
   */
  async scrollUp(list) {
    await this.go(list);
    await this.page.keyboard.press("Home");
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
