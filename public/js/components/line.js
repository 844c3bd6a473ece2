// Lines that nobody wrote: who came and went, and what the owner did.
import { clone, markUrl, setHue } from "../lib/dom.js";
import { texts } from "../lib/texts.js";
import { blank } from "./message.js";

/** The line of a stored one. One without words only keeps its place. */
export function makeLine({ _id, seq, line, visitor, color, hue }) {
  const element = clone("line-template");
  Object.assign(element.dataset, { id: _id, seq, visitor, line });
  const [before, after] = line === "deleted" || !texts.line[line] ? [] : texts.line[line].split("%{name}");
  element.hidden = before === undefined;
  setHue(element, hue);
  element.querySelector(".mark").src = markUrl(visitor);
  const name = element.querySelector(".name");
  name.textContent = color;
  name.parentElement.replaceChildren(before ?? "", name, after ?? "");
  return element;
}

/** Does to the messages of the list what a line says. */
export function applyLine(list, { seq, line, visitor, message }) {
  if (line !== "deleted" && line !== "cleared") return;
  for (const element of list.querySelectorAll(".message[data-seq]")) {
    const { dataset } = element;
    if (line === "deleted" ? dataset.id === message : dataset.visitor === visitor && Number(dataset.seq) < seq) blank(element);
  }
}
