// Visitors with the official client in rooms of one server.
import { after, afterEach, before } from "node:test";
import { assertLine } from "./lines.js";
import { Server } from "./server.js";
import { Visitor, next } from "./visitor.js";

/** @type {Server} */
let server;
/** @type {Visitor[]} */
let visitors = [];

/** @param {Record<string, string>} [headers] */
export async function arrive(headers) {
  const visitor = await Visitor.arrive(server, headers);
  visitors.push(visitor);
  return visitor;
}

/** The places that the lines about the coming of the two have in a new room. */
export const TAKEN = 2;

/**
 * Two visitors with a socket each in a new room; the line about the second one's coming is already heard.
 * @param {object} way
 * @param {object} [fields]
 */
export async function pair(way, fields) {
  const [ann, bea] = [await arrive(), await arrive()];
  const room = await ann.makeRoom(fields);
  const a = await ann.enter(room._id, way);
  const b = await bea.enter(room._id, way);
  assertLine(await next(a, "join"), "joined", { room: room._id, seq: TAKEN, visitor: b.joined.you, count: 2 });
  return { ann, bea, a, b, room, id: room._id };
}

/**
 * What is sent after something shows that the something did not come.
 * @param {TestSocket} from
 * @param {TestSocket[]} sockets
 */
export async function fence(from, ...sockets) {
  const chat = `fence ${Math.random()}`;
  from.emit("chat", { chat });
  for (const socket of sockets) await next(socket, "chat", (message) => message.chat === chat);
}

/** One server for the tests of a file, which ends the visitors of each test. */
export function useServer() {
  before(async () => {
    server = await Server.start(["--seat-grace", "500ms", "--room-grace", "1s"]);
  });
  after(() => server.end());
  afterEach(() => {
    for (const visitor of visitors) visitor.end();
    visitors = [];
  });
}
