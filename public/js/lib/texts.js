// Sentences come from the server with the page; nothing is translated here.
const block = document.getElementById("texts");

/** @type {Record<string, Record<string, string>>} */
export const texts = block ? JSON.parse(block.textContent) : {};

export const lang = document.documentElement.lang;

/**
 * Puts values into the `%{name}` places of a text, numbers as the page's language writes them.
 * @param {string} text
 * @param {Record<string, string | number | undefined>} values
 */
export const fill = (text, values) =>
  text.replace(/%\{(\w+)\}/g, (place, name) => values[name]?.toLocaleString(lang) ?? place);

/**
 * A visitor's text without what opens and closes directions, for titles and notifications, where nothing isolates it.
 * @param {string} text
 */
export const straight = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

/**
 * The sentence for a refusal: the server's own words, else those of the code.
 * @param {Refusal} why
 */
export const refusal = ({ code = "", message } = {}) => message || texts.error?.[code] || texts.talk.no_answer;
