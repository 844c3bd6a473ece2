// What tests take for granted: an element that they ask for is there, or the test fails by that.
import type { BrowserContext, Page } from "playwright-core";
import type { Socket } from "socket.io-client";
import type Axe from "axe-core";

declare global {
  interface Window {
    /** It is there once its script has run in the page. */
    axe: typeof Axe;
  }

  interface Document {
    getElementById<Id extends string>(id: Id): Id extends keyof Ids ? NonNullable<Ids[Id]> : HTMLElement;
    readonly activeElement: HTMLElement;
  }

  interface ParentNode {
    querySelector<Selector extends string>(selector: Selector): PartAt<Selector>;
    querySelectorAll<Selector extends string>(selector: Selector): NodeListOf<PartAt<Selector>>;
  }

  interface Element {
    closest<Selector extends string>(selector: Selector): PartAt<Selector>;
  }

  interface Node {
    readonly textContent: string;
  }

  /** Somebody with a page of their own. */
  interface WithPage {
    page: Page;
  }

  /** A visitor in Chromium. */
  interface PageVisitor extends WithPage {
    name: string;
    context: BrowserContext;
    /** What the browser complained of, and which of that a test expects. */
    complaints: string[];
    allowed: RegExp[];
    allow(...patterns: RegExp[]): void;
  }

  /** A socket of the official client, with what it heard and was not taken yet. */
  type TestSocket = Socket & {
    // biome-ignore lint/suspicious/noExplicitAny: what comes with an event depends on it.
    heard: [event: string, ...args: any[]][];
    /** Called with each event. */
    waiting: Set<() => void>;
    joined: Taken<Joined>;
  };

  /** A helper of album.js and chrome.js by the name that tests know. */
  type Stage = import("../support/chrome.js").Stage;
  type Album = import("../support/album.js").Album;

  /** A visitor without a browser. */
  type Guest = import("../support/company.js").Guest;
  type HttpVisitor = import("../support/visitor.js").Visitor;

  /** What a page says, by key. */
  type Words = (key: string, places?: Record<string, string | number>) => string;

  type Locator = import("playwright-core").Locator;

  /** Anything that has an address. */
  interface Site {
    url: string;
  }

  /** A file as a test hands it over. */
  interface TestFile {
    name: string;
    bytes: Buffer;
    type?: string;
  }

  /** The colour of a pixel as its place in the palette; `time` runs from 0 to 1. */
  type Paint = (x: number, y: number, time: number, colours: number) => number;

  /** A promise that a test settles. */
  interface Settled {
    // biome-ignore lint/suspicious/noExplicitAny: what it gives is what the test needs.
    resolve(gives?: any): void;
    reject(why?: unknown): void;
  }

  /** How a GIF is drawn; `delay` in hundredths of a second, `padding` in bytes. */
  interface GifLook {
    width?: number;
    height?: number;
    frames?: number;
    delay?: number;
    palette?: number[][];
    paint?: Paint;
    comment?: string;
    padding?: number;
  }
}
