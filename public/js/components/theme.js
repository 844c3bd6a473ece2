// The theme button: device, light, dark, and round again; it says which it is now. The choice is a cookie, so the server draws it at once.
import { announce, byId, setText } from "../lib/dom.js";

const YEAR = 31_536_000;
/** @type {Record<string, string>} */
const NEXT = { system: "light", light: "dark", dark: "system" };

export function startTheme() {
  const button = byId("theme-btn");
  if (!button) return;
  const root = document.documentElement;
  /** @param {string} theme */
  const show = (theme) => {
    const label = button.dataset[theme] ?? "";
    setText(button.querySelector("span"), label);
    if (byId("announcer")) announce(label);
  };
  let theme = root.dataset.theme ?? "system";
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const age = theme === "system" ? 0 : YEAR;
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API.
    document.cookie = `theme=${theme}; Path=/; SameSite=Lax; Max-Age=${age}`;
    show(theme);
  });
}
