// room.html: mistakes are told before sending, and the door of the new room is drawn while one types.
import { watchFields } from "../components/fields.js";
import { startTheme } from "../components/theme.js";
import { byId, part, setText } from "../lib/dom.js";
import { texts } from "../lib/texts.js";
import "../lib/worker.js";

const form = byId("room-form");
const preview = byId("preview");
const valid = watchFields(form);
let sent = false;

function draw() {
  const { title, max, password } = form.elements;
  setText(part(preview, ".room__title"), title.value.trim() || texts.make.preview_title);
  part(preview, ".room__lock").hidden = password.value === "";
  const seats = max.valueAsNumber;
  if (!(seats >= Number(max.min) && seats <= Number(max.max))) return;
  part(preview, ".seats").max = seats;
  setText(part(preview, ".room__count"), `1/${seats}`);
}

function startForm() {
  form.addEventListener("input", draw);
  form.addEventListener("submit", (event) => {
    if (sent || !valid()) event.preventDefault();
    else sent = true;
  });
  // The back button brings the form as it was left, ready to be sent again.
  addEventListener("pageshow", () => {
    sent = false;
    draw();
  });
}

for (const start of [startTheme, startForm]) start();
