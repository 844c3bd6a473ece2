// A page worked by touch alone. Keys do the same by keyboard, so that one story tells both.
import assert from "node:assert/strict";

/** A target of a finger, in CSS px (WCAG 2.2, 2.5.5). */
const FINGER = 44;

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

  /** @param {Locator} target */
  async use(target) {
    await target.waitFor();
    const { width, height } = await target.evaluate(targetSize);
    assert.ok(width >= FINGER && height >= FINGER, `${target} is ${width} × ${height} px`);
    await target.tap();
  }

  /** @param {Locator} target */
  useBefore(target) {
    return this.use(target);
  }

  /** @param {Locator} target */
  toggle(target) {
    return this.use(target);
  }

  /**
   * @param {Locator} field
   * @param {string} text
   */
  async write(field, text) {
    await this.use(field);
    await field.evaluate((/** @type {HTMLInputElement} */ element) => element.select());
    await this.page.keyboard.insertText(text);
  }

  /**
   * Taps the button that sends what is in a field.
   * @param {Locator} button
   */
  send(button) {
    return this.use(button);
  }

  /**
   * @param {Locator} input
   * @param {any[]} files
   */
  async choose(input, ...files) {
    const chooser = this.page.waitForEvent("filechooser");
    await this.use(input);
    await (await chooser).setFiles(files);
  }

  /**
   * @param {Locator} button
   * @param {string} entry
   */
  async menu(button, entry) {
    await this.use(button);
    await this.use(this.page.getByRole("menu").getByRole("menuitem", { name: entry, exact: true }));
  }

  /**
   * @param {Locator} list
   * @param {number} place
   */
  async option(list, place) {
    await this.use(list);
    // What drops down is drawn by the system and not by the page.
    await list.selectOption({ index: place });
  }

  /**
   * @param {Locator} dialog
   * @param {string} close
   */
  async leave(dialog, close) {
    await this.use(dialog.getByRole("button", { name: close, exact: true }).first());
    await dialog.waitFor({ state: "hidden" });
  }

  /** @param {Locator} list */
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
