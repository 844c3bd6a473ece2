// gate.html: the door of a room. When the owner closes or opens it, or changes whether there is a password, the page is
// asked for again.
import { startTheme } from "../components/theme.js";
import { byId } from "../lib/dom.js";
import { getJson } from "../lib/http.js";
import { liveSocket } from "../lib/page-socket.js";
import "../lib/worker.js";

const { room: id, ...was } = byId("main").dataset;
const socket = liveSocket("/room");

// Not a reload: the page may be the answer to a form.
const again = () => {
  socket.close();
  location.replace(`/room/${id}`);
};

/** @param {Room} room */
function compare({ _id, closed, password }) {
  if (_id === id && (closed !== "closed" in was || password !== "locked" in was)) again();
}

function startDoor() {
  socket
    .on("connect", () =>
      getJson(`/room/${id}`).then(compare, ({ code }) => {
        if (code === "room_not_found") again();
      }),
    )
    .on("updateRoom", compare)
    .on("removeRoom", (gone) => {
      if (gone === id) again();
    });
  socket.open();
}

for (const start of [startTheme, startDoor]) start();
