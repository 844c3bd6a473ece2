// Fields of a room, checked as one leaves them and before they are sent; each mistake stands under its field.
import { checkMax, checkPassword, checkTitle } from "../models/rules.js";
import { all, byId, part, setText } from "../lib/dom.js";
import { texts } from "../lib/texts.js";

/** @type {Record<string, (input: HTMLInputElement) => string>} */
const CHECKS = {
  title: (input) => checkTitle(input.value, { limit: Number(input.dataset.limit) }, texts.field),
  max: (input) => {
    const broken = input.validity.badInput ? "?" : input.value;
    return checkMax(broken, { min: Number(input.min), limit: Number(input.max) }, texts.field);
  },
  password: (input) => checkPassword(input.value, { limit: Number(input.dataset.limit) }, texts.field),
};

/**
 * Watches the room fields of a form; returns a function that checks them all and goes to the first mistake.
 * @param {HTMLFormElement} form
 */
export function watchFields(form) {
  const inputs = all(form, "[name=title], [name=max], [name=password]");
  for (const input of inputs) {
    input.addEventListener("change", () => check(input));
    input.addEventListener("input", () => {
      if (input.ariaInvalid === "true") check(input);
    });
  }
  return () => {
    const wrong = inputs.filter((input) => !check(input));
    wrong[0]?.focus();
    return wrong.length === 0;
  };
}

/** @param {HTMLInputElement} input */
function check(input) {
  const why = CHECKS[input.name](input);
  showMistake(input, why);
  return why === "";
}

/**
 * Shows what is wrong with a field, or that nothing is.
 * @param {HTMLInputElement} input
 * @param {string} why
 */
export function showMistake(input, why) {
  const line = byId(`${input.id}-error`);
  setText(part(line, ".field__why"), why);
  line.hidden = why === "";
  if (why) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}
