// A conversation with a server that the test plays.
import { Conversation } from "../../../public/js/models/conversation.js";
import { Timeline } from "../../../public/js/models/timeline.js";
import { Clock } from "./clock.js";

/** @type {(seq: number) => Row} */
export const message = (seq) => /** @type {any} */ ({ seq, chat: `m${seq}` });

const TOLD = [
  "joined",
  "left",
  "refused",
  "changed",
  "gone",
  "sentout",
  "stale",
  "exception",
  "known",
  "leapt",
  "missed",
  "typing",
];

/**
 * A room on a server that the test plays.
 * @param {{ last?: number, stored?: Row[], epoch?: string }} room `stored` is what the server has
 */
export function setUp({ last = 0, stored = [], epoch = "now" } = {}) {
  const clock = new Clock();
  const listeners = new Map();
  /** @type {{ epoch: string | undefined, first?: number }} */
  const server = { epoch };
  /** @type {any[]} */
  const told = [];
  /** @type {number[]} */
  const shown = [];
  /** @type {string[]} */
  const asked = [];
  /** @type {(Deferred & { event: string, data: unknown })[]} */
  const requests = [];
  const socket = {
    connected: true,
    /**
     * @param {string} event
     * @param {Function} listener
     */
    on(event, listener) {
      listeners.set(event, listener);
      return this;
    },
    /** @param {string} event */
    emit: (event) => told.push(`emit ${event}`),
    /** @type {(event: string, data: unknown) => Promise<unknown>} */
    request: (event, data) => new Promise((resolve, reject) => requests.push({ event, data, resolve, reject })),
    restart: () => told.push("restart"),
    close: () => told.push("close"),
  };
  /** @type {Refusal[]} */
  const failing = [];
  /** @param {string} url */
  const getJson = async (url) => {
    asked.push(url);
    if (failing.length > 0) throw failing.shift();
    const { after, limit } = Object.fromEntries(new URL(url, "http://here").searchParams);
    return {
      epoch: server.epoch,
      first: server.first,
      data: stored.filter(({ seq }) => seq > Number(after)).slice(0, Number(limit)),
    };
  };
  const conversation = new Conversation({
    room: "r",
    epoch,
    socket: /** @type {any} */ (socket),
    timeline: new Timeline(last),
    getJson,
    isNews: () => true,
    setTimeout: clock.setTimeout,
  });
  conversation.addEventListener("deliver", (event) => {
    const { detail } = /** @type {CustomEvent<Row[]>} */ (event);
    shown.push(...detail.map(({ seq }) => seq));
  });
  for (const event of TOLD)
    conversation.addEventListener(event, (one) => told.push([event, /** @type {CustomEvent} */ (one).detail]));
  /** @type {(event: string, data?: unknown) => void} */
  const hear = (event, data) => listeners.get(event)(data);
  return { server, clock, told, shown, asked, requests, stored, failing, conversation, socket, hear };
}

/** @type {(told: unknown[]) => unknown[]} */
export const names = (told) => told.map((one) => (Array.isArray(one) ? one[0] : one));
