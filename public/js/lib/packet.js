// Packets of Engine.IO 4 and Socket.IO 5 as text, apart from any connection. Binary packets are not spoken here.

export const PONG = "3";

/** @type {Record<string, string>} */
const ENGINE = { 0: "open", 1: "close", 2: "ping", 3: "pong", 6: "noop" };
/** @type {Record<string, string>} */
const SOCKET = { 0: "connect", 1: "disconnect", 2: "event", 3: "ack", 4: "refused" };

/**
 * Reads one frame; null when it cannot be understood.
 * @param {unknown} frame
 * @return {Packet | null}
 */
export function decode(frame) {
  if (typeof frame !== "string" || frame === "") return null;
  if (frame[0] !== "4") {
    const kind = ENGINE[frame[0]];
    if (kind === "open") return withData({ kind }, frame.slice(1));
    return kind ? { kind } : null;
  }
  const kind = SOCKET[frame[1]];
  if (!kind) return null;
  const [, namespace = "/", id = "", rest = ""] = /^(?:(\/[^,]*),)?(\d*)([\s\S]*)$/.exec(frame.slice(2)) ?? [];
  /** @type {Packet} */
  const packet = { kind, namespace };
  if (id !== "") packet.id = Number(id);
  return rest === "" ? packet : withData(packet, rest);
}

/**
 * @param {Packet} packet
 * @param {string} json
 */
function withData(packet, json) {
  try {
    packet.data = JSON.parse(json);
  } catch {
    return null;
  }
  const listed = packet.kind === "event" || packet.kind === "ack";
  return listed && !Array.isArray(packet.data) ? null : packet;
}

/** @type {(namespace: string) => string} */
export const encodeConnect = (namespace) => `40${prefix(namespace)}`;

/**
 * An event with its arguments; with an id the other side is asked for an ack.
 * @param {string} namespace
 * @param {unknown[]} args
 * @param {number | ""} id
 */
export const encodeEvent = (namespace, args, id = "") => `42${prefix(namespace)}${id}${JSON.stringify(args)}`;

/** @type {(namespace: string) => string} */
const prefix = (namespace) => (namespace === "/" ? "" : `${namespace},`);
