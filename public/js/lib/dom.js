// Small helpers over the DOM.
import { hueClass } from "./looks.js";

/** @type {ElementById} */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

/** @type {PartOf} An element that a template surely has. */
export const part = (parent, selector) => /** @type {any} */ (parent.querySelector(selector));

/** @type {AllOf} All elements of a kind. */
export const all = (parent, selector) => /** @type {any} */ ([...parent.querySelectorAll(selector)]);

/** @type {CloneOf} The one element inside a `<template>`, cloned. */
export const clone = (id) =>
  /** @type {any} */ (/** @type {HTMLTemplateElement} */ (byId(id)).content.cloneNode(true)).firstElementChild;

/**
 * Sets a text only when it differs, so that nothing is announced or repainted for no reason.
 * @param {Element | null} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * What a visitor wrote, to stand inside a sentence: it turns nothing round that stands beside it.
 * @param {string} text
 */
export function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}

/**
 * Gives an element the hue of somebody.
 * @param {Element} element
 * @param {Hue | undefined} hue
 */
export function setHue(element, hue) {
  for (const name of [...element.classList]) if (name.startsWith("hue-")) element.classList.remove(name);
  element.classList.add(hueClass(hue));
}

/** @type {(click: MouseEvent) => boolean} Whether a click on a link opens it in another tab or window. */
export const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

/** @type {(visitor: string) => string} */
export const markUrl = (id) => `/visitor/${encodeURIComponent(id)}.svg`;

/** What the operator calls the site. */
export const siteName = () => part(document, "[name=application-name]").content;

// Longer than it takes a screen reader to notice that a region is empty, or that it has moved.
const HEED = 100;
/** @type {string[]} */
let telling = [];

/** The dialog that is open, on top of which one is: what lies behind it is neither read nor used. */
export const modalHost = () => document.activeElement?.closest("dialog") ?? document.querySelector("dialog:modal");

/**
 * Tells screen readers something that has no place of its own on the page, also when it was the same the last time.
 * @param {string} text
 */
export function announce(text) {
  const announcer = byId("announcer");
  const host = modalHost() ?? document.body;
  if (announcer.parentElement !== host) host.append(announcer);
  telling.push(text);
  if (telling.length > 1) return;
  announcer.textContent = "";
  setTimeout(() => {
    announcer.textContent = telling.join(" ");
    telling = [];
  }, HEED);
}
