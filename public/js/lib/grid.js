// The arrows in a list of buttons that stand in rows and columns.

/**
 * Lets the arrows go from button to button as they stand there.
 * @param {HTMLElement} list
 */
export function walkGrid(list) {
  list.addEventListener("keydown", (event) => {
    /** @type {HTMLElement[]} */
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const wide = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide };
    const step = steps[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  });
}
