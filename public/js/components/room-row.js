// One row of the list, made from the server's own fragment.
import { clone, markUrl, part, setHue, setText } from "../lib/dom.js";
import { fill, texts } from "../lib/texts.js";
import { ownerOf } from "../lib/who.js";

/**
 * @param {Room} room
 * @param {string} me
 */
export function makeRow(room, me) {
  const row = clone("room-template");
  row.dataset.id = room._id;
  part(row, "time").dateTime = room.createdAt;
  part(row, ".join-btn").dataset.id = room._id;
  // Not there where the site takes no reports.
  row.querySelector(".room__report")?.setAttribute("href", `/room/${room._id}/report`);
  updateRow(row, room, me);
  return row;
}

/**
 * Shows a room as it is now, to `me`.
 * @param {Element} row
 * @param {Room} room
 * @param {string} me
 */
export function updateRow(row, room, me) {
  const mine = room.visitor === me;
  showOwner(row, room);
  part(row, ".tag").hidden = !mine;
  setText(row.querySelector(".room__title"), room.title);
  for (const name of row.querySelectorAll(".room__name")) setText(name, room.title);
  setText(row.querySelector(".room__count"), `${room.count}/${room.max}`);
  const seats = part(row, ".seats");
  seats.max = room.max;
  seats.value = room.count;
  part(row, ".room__lock").hidden = !room.password;
  const button = part(row, ".join-btn");
  const shut = room.closed && !mine;
  part(row, ".room__closed").hidden = !room.closed || shut;
  part(row, ".room__asleep").hidden = !room.asleep;
  // Who is away gives the seat to who comes, unless more are in the room than may be.
  const full = !mine && (room.count > room.max || (room.count === room.max && !room.away));
  button.dataset.password = String(room.password);
  setText(button.querySelector(".room__go"), shut ? texts.rooms.closed : full ? texts.rooms.full : texts.rooms.enter);
  // Who has a seat comes back into a closed room by the same way.
  if (full) {
    button.removeAttribute("href");
    button.setAttribute("role", "link");
    button.setAttribute("aria-disabled", "true");
  } else {
    button.href = `/room/${room._id}`;
    button.removeAttribute("role");
    button.removeAttribute("aria-disabled");
  }
}

/**
 * @param {Element} row
 * @param {Room} room
 */
function showOwner(row, room) {
  const { visitor } = room;
  const { name, hue } = ownerOf(room);
  setHue(row, hue);
  const mark = part(row, ".room__mark");
  mark.hidden = !visitor;
  if (visitor && mark.getAttribute("src") !== markUrl(visitor)) mark.src = markUrl(visitor);
  mark.alt = fill(texts.rooms.owner, { name });
}
