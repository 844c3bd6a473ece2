// A visitor without a browser: HTTP with a cookie, and sockets by the official client.
import { io } from "socket.io-client";
import { gif } from "./gif.js";
import { TIMEOUT } from "./wait.js";

/** The ways in which the official client connects. */
export const WAYS = {
  websocket: { transports: ["websocket"] },
  "polling only": { transports: ["polling"], upgrade: false },
  "polling with upgrade": { transports: ["polling", "websocket"] },
};

export class Visitor {
  #base;
  /** @type {Map<string, string>} */
  #cookies = new Map();
  /** @type {TestSocket[]} */
  #sockets = [];

  /**
   * @param {string} base
   * @param {Record<string, string>} headers of all its requests
   */
  constructor(base, headers = {}) {
    this.#base = base;
    this.headers = headers;
  }

  /**
   * A visitor who has opened the page once, and so has a cookie.
   * @param {Site} server
   * @param {Record<string, string>} [headers]
   */
  static async arrive(server, headers) {
    const visitor = new Visitor(server.url, headers);
    await visitor.page("/");
    return visitor;
  }

  get cookie() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * @param {string} path
   * @param {Omit<RequestInit, "headers"> & { headers?: Record<string, string> }} request
   */
  async fetch(path, { headers = {}, ...init } = {}) {
    const cookie = this.cookie;
    const response = await fetch(this.#base + path, {
      redirect: "manual",
      ...init,
      headers: { ...this.headers, ...(cookie && { cookie }), ...headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /** @type {RegExpExecArray} */ (/^([^=]+)=([^;]*)/.exec(line));
      this.#cookies.set(name, value);
    }
    return response;
  }

  /**
   * The text of a page.
   * @param {string} path
   */
  async page(path) {
    return (await this.fetch(path, { headers: { accept: "text/html" } })).text();
  }

  /**
   * Asks for JSON.
   * @param {string} method
   * @param {string} path
   * @param {object} [data]
   * @return {Promise<{ status: number, headers: Headers, body: any }>}
   */
  async json(method, path, data) {
    const response = await this.fetch(path, {
      method,
      headers: { accept: "application/json", ...(data !== undefined && { "content-type": "application/json" }) },
      body: data === undefined ? undefined : JSON.stringify(data),
    });
    const text = await response.text();
    /** @type {unknown} */
    let body = text;
    try {
      body = JSON.parse(text);
    } catch {
      /* a plain answer such as `ok` */
    }
    return { status: response.status, headers: response.headers, body };
  }

  /**
   * Makes a room and gives it as the server answers.
   * @param {object} fields
   * @return {Promise<Room>}
   */
  async makeRoom(fields = {}) {
    const { status, body } = await this.json("POST", "/room", { title: "room", max: 10, password: "", ...fields });
    if (status !== 201) throw new Error(`no room: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /**
   * Sends a GIF by the field `gif`; JSON unless `accept` says otherwise.
   * @param {string} room
   * @param {{ bytes?: Buffer, accept?: string } & Record<string, unknown>} sent the other fields of the form
   * @return {Promise<{ status: number, body: any }>}
   */
  async sendGif(room, { bytes = gif(), accept = "application/json", ...fields } = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
    form.append("gif", new Blob([Uint8Array.from(bytes)], { type: "image/gif" }), "some.gif");
    const response = await this.fetch(`/room/${room}/gif`, { method: "POST", body: form, headers: { accept } });
    const text = await response.text();
    return { status: response.status, body: accept.includes("json") ? JSON.parse(text) : text };
  }

  /**
   * Opens a socket by the official client; its events are kept in `heard`.
   * @param {string} namespace
   * @param {object} way one of `WAYS`
   * @param {{ headers?: Record<string, string> } & Record<string, unknown>} options of the client
   */
  socket(namespace, way = WAYS.websocket, options = {}) {
    const { headers, ...rest } = options;
    const socket = /** @type {TestSocket} */ (
      io(this.#base + namespace, {
        forceNew: true,
        reconnection: false,
        extraHeaders: { ...this.headers, ...(this.cookie && { cookie: this.cookie }), ...headers },
        ...way,
        ...rest,
      })
    );
    socket.heard = [];
    socket.waiting = new Set();
    socket.onAny((event, ...args) => {
      socket.heard.push([event, ...args]);
      for (const look of socket.waiting) look();
    });
    this.#sockets.push(socket);
    return socket;
  }

  /**
   * A socket that has joined a room, with the answer in `joined`.
   * @param {string} room
   * @param {object} [way]
   * @param {Record<string, unknown>} [options]
   */
  async enter(room, way, options) {
    const socket = this.socket("/chat", way, options);
    socket.joined = await ask(socket, "join", room);
    if (!socket.joined.ok) throw new Error(`not let in: ${JSON.stringify(socket.joined)}`);
    return socket;
  }

  /** Closes its sockets without a word of goodbye to the room. */
  end() {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

/** @type {(socket: import("socket.io-client").Socket, event: string, ...args: unknown[]) => Promise<any>} */
export const ask = (socket, event, ...args) => socket.timeout(TIMEOUT).emitWithAck(event, ...args);

/**
 * Waits for the connection.
 * @param {import("socket.io-client").Socket} socket
 * @return {Promise<void>}
 */
export function connected(socket) {
  if (socket.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}

/**
 * The next event of a name that was not taken yet and fits; its first argument.
 * @param {TestSocket} socket
 * @param {string} event
 * @param {(data: any) => boolean} fits
 * @return {Promise<any>}
 */
export function next(socket, event, fits = () => true) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`no ${event} came; heard ${JSON.stringify(socket.heard)}`));
    }, TIMEOUT);
    const look = () => {
      const place = socket.heard.findIndex(([name, data]) => name === event && fits(data));
      if (place < 0) return;
      const [[, data]] = socket.heard.splice(place, 1);
      stop();
      resolve(data);
    };
    const stop = () => {
      clearTimeout(timer);
      socket.waiting.delete(look);
    };
    socket.waiting.add(look);
    look();
  });
}

/** @type {(socket: TestSocket, event: string) => any[]} All events of a name that were heard and not taken. */
export const heard = (socket, event) => socket.heard.filter(([name]) => name === event).map(([, data]) => data);
