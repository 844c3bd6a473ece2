// The theme button: device, light, dark, and round again. The choice is a cookie, so the server draws it at once.
import { byId } from "../lib/dom.js";

const YEAR = 31_536_000;
const NEXT = { system: "light", light: "dark", dark: "system" };

export function startTheme() {
  const button = byId("theme-btn");
  if (!button) return;
  const root = document.documentElement;
  const show = (theme) => {
    button.title = button.dataset[theme];
    button.setAttribute("aria-label", button.dataset[theme]);
  };
  let theme = root.dataset.theme ?? "system";
  show(theme);
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const age = theme === "system" ? 0 : YEAR;
    document.cookie = `theme=${theme}; Path=/; SameSite=Lax; Max-Age=${age}`;
    show(theme);
  });
}
