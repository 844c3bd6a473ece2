// Small helpers over the DOM.

export const byId = (id) => document.getElementById(id);

/** The one element inside a `<template>`, cloned. */
export const clone = (id) => byId(id).content.cloneNode(true).firstElementChild;

/** Sets a text only when it differs, so that nothing is announced or repainted for no reason. */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Gives an element the hue of somebody. */
export function setHue(element, hue) {
  for (const name of [...element.classList]) if (name.startsWith("hue-")) element.classList.remove(name);
  element.classList.add(hue === null || hue === undefined ? "hue-none" : `hue-${hue}`);
}

export const markUrl = (id) => `/visitor/${encodeURIComponent(id)}.svg`;

/** Tells screen readers something that has no place of its own on the page; the same once more is told once more. */
export function announce(text) {
  const place = byId("announcer");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}
