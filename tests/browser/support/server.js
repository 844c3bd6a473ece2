// The server under test: the real binary on a free port with its data in a folder of its own.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TIMEOUT, within } from "./wait.js";

const BINARY = process.env.GIFCHAT_BIN ?? fileURLToPath(new URL("../../../target/debug/gifchat", import.meta.url));

/**
 * @typedef {{ code: number | null, signal: string | null }} Ended
 * @typedef {Record<string, any>} LogLine with `level` and `message`
 */

export class Server {
  /** @type {string[]} */
  #flags = [];
  /** @type {string | null} */
  #store = null;
  #folder = "";
  /** @type {{ process: import("node:child_process").ChildProcess, ended: Promise<Ended> } | null} */
  #child = null;
  /** @type {LogLine[]} */
  #log = [];
  address = "127.0.0.1:0";

  /**
   * Starts one.
   * @param {string[]} flags further settings, such as `["--room-grace", "1s"]`
   * @param {string | null} store without one, a file of its own
   */
  static async start(flags = [], store = null) {
    const server = new Server();
    server.#flags = flags;
    server.#store = store;
    server.#folder = await mkdtemp(join(tmpdir(), "gifchat-test-"));
    await server.start();
    return server;
  }

  get url() {
    return `http://${this.address}`;
  }

  /** What it wrote to its log, one object a line. */
  get log() {
    return this.#log;
  }

  /** Where its data is. */
  get #place() {
    return [
      "--store",
      this.#store ?? `sqlite:${join(this.#folder, "gifchat.db")}`,
      "--uploads",
      join(this.#folder, "uploads"),
    ];
  }

  /** Backs up what it has now. */
  backUp() {
    return this.#run("backup", join(this.#folder, "backup"));
  }

  /** Puts that in the place of what it has by now, while it is stopped. */
  async restore() {
    for (const name of await readdir(this.#folder)) {
      if (name !== "backup") await rm(join(this.#folder, name), { recursive: true });
    }
    await this.#run("restore", join(this.#folder, "backup"));
  }

  /** @param {[string, ...string[]]} task */
  async #run(...task) {
    const child = spawn(BINARY, [...task, ...this.#place], { stdio: ["ignore", "ignore", "inherit"] });
    const { code } = await within(exit(child), TIMEOUT, task[0]);
    if (code !== 0) throw new Error(`${task[0]} ended with ${code}`);
  }

  /** Starts it again on the same port and data. */
  async start() {
    const args = ["--listen", this.address, ...this.#place, "--log-format", "json", ...this.#flags];
    // A test of something else may do as much as it likes.
    if (!args.includes("--limit-exempt")) args.push("--limit-exempt", "0.0.0.0/0,::/0");
    const child = spawn(BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("close", () => process.off("exit", kill));
    const ended = exit(child);
    this.#child = { process: child, ended };
    /** @type {Promise<string>} */
    const started = new Promise((resolve, reject) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        const said = read(line);
        this.#log.push(said);
        if (said.message === "serving") resolve(said.address);
      });
      child.once("error", reject);
      ended.then(({ code }) =>
        reject(new Error(`the server ended with ${code}: ${JSON.stringify(this.#log.slice(-5))}`)),
      );
    });
    this.address = await within(started, TIMEOUT, "the start of the server");
  }

  /** Stops it as a service manager would; it must end by itself with code 0. */
  async stop() {
    const child = this.#child;
    if (!child) return;
    this.#child = null;
    child.process.kill("SIGTERM");
    const { code, signal } = await within(child.ended, TIMEOUT, "the end of the server").catch((error) => {
      child.process.kill("SIGKILL");
      throw error;
    });
    if (code !== 0) throw new Error(`the server ended with ${code ?? signal}`);
  }

  /** Stops it and throws its data away. */
  async end() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The files that are in its folder of GIFs now. */
  async uploads() {
    const entries = await readdir(join(this.#folder, "uploads"), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }
}

/**
 * How a process ends.
 * @param {import("node:child_process").ChildProcess} child
 * @return {Promise<Ended>}
 */
function exit(child) {
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
}

/** @param {string} line */
function read(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}
