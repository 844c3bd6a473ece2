// Packets of Engine.IO 4 and Socket.IO 5 as text, apart from any connection. Binary packets are not spoken here.

export const PONG = "3";

const ENGINE = { 0: "open", 1: "close", 2: "ping", 3: "pong", 6: "noop" };
const SOCKET = { 0: "connect", 1: "disconnect", 2: "event", 3: "ack", 4: "refused" };

/** Reads one frame: `{kind, namespace?, id?, data?}`, or null when it cannot be understood. */
export function decode(frame) {
  if (typeof frame !== "string" || frame === "") return null;
  if (frame[0] !== "4") {
    const kind = ENGINE[frame[0]];
    if (kind === "open") return withData({ kind }, frame.slice(1));
    return kind ? { kind } : null;
  }
  const kind = SOCKET[frame[1]];
  if (!kind) return null;
  const [, namespace = "/", id, rest] = /^(?:(\/[^,]*),)?(\d*)([\s\S]*)$/.exec(frame.slice(2));
  const packet = { kind, namespace };
  if (id !== "") packet.id = Number(id);
  return rest === "" ? packet : withData(packet, rest);
}

function withData(packet, json) {
  try {
    packet.data = JSON.parse(json);
  } catch {
    return null;
  }
  const listed = packet.kind === "event" || packet.kind === "ack";
  return listed && !Array.isArray(packet.data) ? null : packet;
}

export const encodeConnect = (namespace) => `40${prefix(namespace)}`;

/** An event with its arguments; with an id the other side is asked for an ack. */
export const encodeEvent = (namespace, args, id = "") => `42${prefix(namespace)}${id}${JSON.stringify(args)}`;

const prefix = (namespace) => (namespace === "/" ? "" : `${namespace},`);
