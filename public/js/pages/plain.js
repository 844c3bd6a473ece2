// Pages that need nothing but the theme button: gate and error.
import { startTheme } from "../components/theme.js";

startTheme();
