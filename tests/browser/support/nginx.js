// nginx with the project's own deploy/nginx.conf, before servers of the test.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.js";
import { eventually } from "./wait.js";

const CONF = new URL("../../../deploy/nginx.conf", import.meta.url);

export class Nginx {
  #child;
  #folder;
  url;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} folder
   * @param {string} url
   */
  constructor(child, folder, url) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  /** @param {Addressed[]} servers */
  static async before(servers) {
    const folder = await mkdtemp(join(tmpdir(), "gifchat-nginx-"));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const conf = join(folder, "nginx.conf");
    await writeFile(conf, adapted(await readFile(CONF, "utf8"), folder, port, servers));
    const child = spawn(process.env.NGINX ?? "nginx", ["-c", conf, "-p", folder, "-g", "daemon off;"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    process.once("exit", () => child.kill("SIGTERM"));
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    await eventually(async () => (await fetch(`${url}/healthz`)).ok, "nginx").catch((error) => {
      throw new Error(`${error.message}: ${said}`);
    });
    return new Nginx(child, folder, url);
  }

  async end() {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The configuration with the places of this run; each is named there, or the test is not one of it.
 * @typedef {{ address: string }} Addressed
 * @param {string} conf
 * @param {string} folder
 * @param {number} port
 * @param {Addressed[]} servers
 */
function adapted(conf, folder, port, servers) {
  /** @type {(text: string, from: string, to: string) => string} */
  const put = (text, from, to) => {
    if (!text.includes(from)) throw new Error(`deploy/nginx.conf has no ${from}`);
    return text.replaceAll(from, to);
  };
  let text = put(conf, "listen 8080;", `listen 127.0.0.1:${port};`);
  text = put(text, "pid /tmp/nginx.pid;", `pid ${join(folder, "pid")};`);
  servers.forEach((server, at) => {
    text = put(text, `gifchat-${at + 1}:8005`, server.address);
  });
  // Where Debian's nginx would keep bodies is not ours to write.
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  return put(text, "http {", `http {\n    ${scratch.join("\n    ")}`);
}
