// The arrows in a list of buttons that stand in rows and columns.

/** Lets the arrows go from button to button as they stand there. */
export function walkGrid(list) {
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const wide = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  });
}
