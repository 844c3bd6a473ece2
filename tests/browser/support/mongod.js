// A MongoDB replica set of one member: the mongod that MONGOD names, with its data in a folder of its own.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.js";
import { eventually } from "./wait.js";

export class Mongod {
  #child;
  #folder;
  port;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} folder
   * @param {number} port
   */
  constructor(child, folder, port) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  static async start() {
    const folder = await mkdtemp(join(tmpdir(), "gifchat-mongod-"));
    const port = await freePort();
    const args = [
      "--dbpath",
      folder,
      "--logpath",
      join(folder, "log"),
      "--bind_ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--replSet",
      "rs0",
      "--nounixsocket",
      "--oplogSize",
      "64",
      "--wiredTigerCacheSizeGB",
      "0.25",
      "--wiredTigerEngineConfigString",
      "log=(file_max=8MB,prealloc=false)",
      "--setParameter",
      "diagnosticDataCollectionEnabled=false",
    ];
    const child = spawn(process.env.MONGOD ?? "mongod", args, { stdio: "ignore" });
    process.once("exit", () => child.kill("SIGKILL"));
    const member = { _id: 0, host: `127.0.0.1:${port}` };
    await eventually(
      () => command(port, { replSetInitiate: { _id: "rs0", members: [member] }, $db: "admin" }),
      "mongod",
    );
    await eventually(async () => {
      const hello = await command(port, { hello: 1, $db: "admin" });
      return hello.includes(Buffer.from("\x08isWritablePrimary\0\x01", "latin1"));
    }, "a primary");
    return new Mongod(child, folder, port);
  }

  get url() {
    return `mongodb://127.0.0.1:${this.port}/gifchat?replicaSet=rs0`;
  }

  async end() {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Sends a command and gives the answer's bytes; there is no need of a driver for two commands.
 * @param {number} port
 * @param {object} document
 * @return {Promise<Buffer>}
 */
function command(port, document) {
  const body = bson(document);
  const message = Buffer.alloc(21);
  // Header: length, id, answer to, OP_MSG; then no flags and one section of kind 0.
  message.writeInt32LE(21 + body.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(2013, 12);
  return new Promise((resolve, reject) => {
    const line = connect(port, "127.0.0.1", () => line.end(Buffer.concat([message, body])));
    /** @type {Buffer[]} */
    const chunks = [];
    line.setTimeout(10_000, () => line.destroy(new Error("mongod does not answer")));
    line.on("data", (/** @type {Buffer} */ chunk) => {
      chunks.push(chunk);
      const answer = Buffer.concat(chunks);
      if (answer.length < 4 || answer.length < answer.readInt32LE(0)) return;
      line.destroy();
      resolve(answer);
    });
    line.once("error", reject);
    line.once("close", () => reject(new Error("mongod ended the connection")));
  });
}

/**
 * Strings, whole numbers, lists and objects as BSON.
 * @param {object} object
 */
function bson(object) {
  const parts = Object.entries(object).map(([name, value]) => {
    const [kind, bytes] = element(value);
    return Buffer.concat([Buffer.from([kind]), Buffer.from(`${name}\0`), bytes]);
  });
  const inner = Buffer.concat(parts);
  return Buffer.concat([int32(inner.length + 5), inner, Buffer.from([0])]);
}

/**
 * @param {unknown} value
 * @return {[kind: number, bytes: Buffer]}
 */
function element(value) {
  if (typeof value === "number") return [0x10, int32(value)];
  if (Array.isArray(value)) return [0x04, bson({ ...value })];
  if (typeof value === "object" && value) return [0x03, bson(value)];
  const text = Buffer.from(`${value}\0`);
  return [0x02, Buffer.concat([int32(text.length), text])];
}

/** @param {number} number */
function int32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(number);
  return bytes;
}
