// A client for one namespace of a Socket.IO 4 server, over the browser's own WebSocket.
import { PONG, decode, encodeConnect, encodeEvent } from "./packet.js";

const OPEN_LIMIT = 5_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/**
 * Listeners get `connect`, `disconnect`, `failed` ({failures, opened}: another try went wrong) and the server's events.
 * It comes back by itself until `close()`.
 */
export class Socket {
  #env;
  #url;
  #namespace;
  /** @type {Map<string, ((...args: any[]) => void)[]>} */
  #listeners = new Map();
  /** @type {Map<number, { resolve(answer: any): void, reject(why: Error): void, timer: unknown }>} */
  #acks = new Map();
  #lastAck = 0;
  /** @type {WebSocket | null} */
  #ws = null;
  /** idle, waiting, opening, connected or closed */
  #state = "idle";
  /** @type {unknown} */
  #timer = null;
  /** @type {unknown} */
  #silence = null;
  #failures = 0;
  #opened = false;
  #patience = 45_000;

  /**
   * The rest is for tests.
   * @param {{ url: string, namespace: string, WebSocket?: new (url: string) => WebSocket, random?: () => number }
   *   & Partial<Clock>} made
   */
  constructor({ url, namespace, ...env }) {
    /** @type {Clock & { WebSocket: new (url: string) => WebSocket, random: () => number }} */
    this.#env = {
      WebSocket: globalThis.WebSocket,
      random: Math.random,
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (timer) => globalThis.clearTimeout(/** @type {Timer} */ (timer)),
      ...env,
    };
    this.#url = url;
    this.#namespace = namespace;
  }

  get connected() {
    return this.#state === "connected";
  }

  /**
   * @template {keyof SocketEvents} Event
   * @param {Event} event
   * @param {(told: SocketEvents[Event]) => void} listener
   */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...listeners, listener]);
    return this;
  }

  open() {
    if (this.#state === "idle") this.#dial();
  }

  /**
   * Sends without waiting; says whether there was a line to send on.
   * @param {string} event
   * @param {unknown[]} args
   */
  emit(event, ...args) {
    return this.#send(encodeEvent(this.#namespace, [event, ...args]));
  }

  /**
   * Sends and resolves with the answer; rejects when none came in time or the line broke.
   * @param {string} event
   * @param {unknown} data
   * @param {number} limit in ms
   * @return {Promise<any>}
   */
  request(event, data, limit = 5_000) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastAck;
      const timer = this.#env.setTimeout(() => this.#settle(id, null), limit);
      this.#acks.set(id, { resolve, reject, timer });
      if (!this.#send(encodeEvent(this.#namespace, [event, data], id))) this.#settle(id, null);
    });
  }

  /** Does not wait any longer for the next try. */
  retryNow() {
    if (this.#state === "waiting") this.#dial();
  }

  /**
   * Drops the line and comes back after `wait` ms, or after the usual back-off.
   * @param {number} [wait]
   */
  restart(wait) {
    if (this.#state === "opening" || this.#state === "connected") this.#lost(wait);
  }

  /** Ends it without a goodbye: to the server the line broke, so that a reload keeps its seat. */
  close() {
    this.#drop();
    this.#state = "closed";
  }

  #dial() {
    this.#env.clearTimeout(this.#timer);
    this.#state = "opening";
    this.#timer = this.#env.setTimeout(() => this.#lost(), OPEN_LIMIT);
    const ws = new this.#env.WebSocket(this.#url);
    this.#ws = ws;
    ws.onmessage = ({ data }) => {
      if (this.#ws === ws) this.#read(data);
    };
    ws.onclose = () => {
      if (this.#ws === ws) this.#lost();
    };
    ws.onerror = () => {};
  }

  /** @param {unknown} frame */
  #read(frame) {
    const packet = decode(frame);
    this.#listenForSilence();
    if (!packet || (packet.namespace ?? this.#namespace) !== this.#namespace) return;
    switch (packet.kind) {
      case "open":
        this.#patience = (packet.data.pingInterval ?? 25_000) + (packet.data.pingTimeout ?? 20_000);
        this.#listenForSilence();
        this.#ws?.send(encodeConnect(this.#namespace));
        break;
      case "ping":
        this.#ws?.send(PONG);
        break;
      case "connect":
        this.#connected();
        break;
      case "event":
        this.#event(packet);
        break;
      case "ack":
        this.#settle(packet.id ?? 0, packet.data);
        break;
      case "close":
      case "disconnect":
      case "refused":
        this.#lost();
        break;
    }
  }

  #connected() {
    this.#env.clearTimeout(this.#timer);
    this.#state = "connected";
    this.#failures = 0;
    this.#opened = true;
    this.#tell("connect");
  }

  /** @param {Packet} packet */
  #event({ data: [event, ...args] }) {
    // The server is about to restart: leave at once, so that it need not wait, and do not come back in one crowd.
    if (event === "restart") this.restart(FIRST_WAIT / 2 + this.#env.random() * (Number(args[0]?.within) || 0));
    else this.#tell(event, ...args);
  }

  /** @param {number} [wait] */
  #lost(wait) {
    const was = this.#state;
    this.#drop();
    this.#state = "waiting";
    if (wait === undefined)
      wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures) * (0.5 + this.#env.random() / 2);
    if (was === "opening") this.#failures += 1;
    this.#timer = this.#env.setTimeout(() => this.#dial(), wait);
    if (was === "connected") this.#tell("disconnect");
    else this.#tell("failed", { failures: this.#failures, opened: this.#opened });
  }

  #drop() {
    this.#env.clearTimeout(this.#timer);
    this.#env.clearTimeout(this.#silence);
    const ws = this.#ws;
    this.#ws = null;
    if (ws)
      try {
        ws.close();
      } catch {
        /* it was never open */
      }
    for (const id of [...this.#acks.keys()]) this.#settle(id, null);
  }

  // A network that vanishes does not close a connection; the missing pings tell.
  #listenForSilence() {
    this.#env.clearTimeout(this.#silence);
    if (this.#ws) this.#silence = this.#env.setTimeout(() => this.#lost(), this.#patience);
  }

  /**
   * @param {number} id
   * @param {unknown[] | null} answer
   */
  #settle(id, answer) {
    const ack = this.#acks.get(id);
    if (!ack) return;
    this.#acks.delete(id);
    this.#env.clearTimeout(ack.timer);
    if (answer) ack.resolve(answer[0]);
    else ack.reject(new Error("no answer"));
  }

  /** @param {string} frame */
  #send(frame) {
    if (this.#state !== "connected" || this.#ws?.readyState !== 1) return false;
    this.#ws.send(frame);
    return true;
  }

  /**
   * @param {string} event
   * @param {unknown[]} args
   */
  #tell(event, ...args) {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}
