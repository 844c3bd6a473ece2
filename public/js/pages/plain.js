// Pages that need nothing but the theme button: errors, and the door of a room for who is banned.
import { startTheme } from "../components/theme.js";
import "../lib/worker.js";

for (const start of [startTheme]) start();
