// What tests take for granted: an element that they ask for is there, or the test fails by that.
import type { BrowserContext, Page } from "playwright-core";
import type { Socket } from "socket.io-client";
import type Axe from "axe-core";

declare module "playwright-core" {
  interface Locator {
    textContent(options?: object): Promise<string>;
    getAttribute(name: string, options?: object): Promise<string>;
    boundingBox(options?: object): Promise<{ x: number; y: number; width: number; height: number }>;
    evaluate<Gives, Given>(run: (element: TestElement, given: Given) => Gives, given?: Given): Promise<Awaited<Gives>>;
    evaluateAll<Gives, Given>(run: (all: TestElement[], given: Given) => Gives, given?: Given): Promise<Awaited<Gives>>;
  }

  interface Page {
    $eval<Gives, Given>(
      selector: string,
      run: (element: TestElement, given: Given) => Gives,
      given?: Given,
    ): Promise<Awaited<Gives>>;
    $$eval<Gives, Given>(
      selector: string,
      run: (all: TestElement[], given: Given) => Gives,
      given?: Given,
    ): Promise<Awaited<Gives>>;
  }
}

declare global {
  /** What tests leave in a page, to look at it later. */
  interface Window {
    shared?: ShareData;
    shifts: { value: number; startTime: number; of?: string[] }[];
    heard(text: string): void;
    spoken: string[];
    notes: string[][];
    objectUrls: Set<string>;
    answered: string[];
    kinds: Record<string, string>;
    ran: unknown;
    moved: Promise<number[]>;
    neverReloaded?: boolean;
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

  /** A layout shift, which the compiler does not know. */
  interface Shift extends PerformanceEntry {
    value: number;
    sources: { node: Element | null }[];
  }

  interface HTMLElement {
    readonly parentElement: HTMLElement;
  }

  /** A piece of text. */
  interface ChildNode {
    readonly data: string;
  }

  /** Which kind of element it is, a test knows. */
  type TestElement = HTMLElement & HTMLImageElement & HTMLInputElement & HTMLAnchorElement & HTMLTimeElement;

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
    joined: Accepted<Joined>;
  };

  /** A helper of album.js and chrome.js by the name that tests know. */
  type Stage = import("../support/chrome.js").Stage;
  type VisitorOptions = import("../support/chrome.js").VisitorOptions;
  type Album = import("../support/album.js").Album;

  /** How a story is told: what works the pages, and whose browser is what. */
  interface StoryOptions {
    Hand: new (visitor: PageVisitor) => Hand;
    ann: BrowserOptions;
    bea: BrowserOptions;
  }

  interface BrowserOptions {
    locale: string;
    look?: object;
  }

  type Hand = import("../support/keys.js").Keys | import("../support/fingers.js").Fingers;

  /** Somebody in a story. */
  type Person = Awaited<ReturnType<typeof import("../stories/stage.js").person>>;

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
  interface Deferred {
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

  /** What a service worker has, where two tests run code. */
  interface WorkerEvent extends Event {
    request: Request;
    waitUntil(work: unknown): void;
    respondWith(answer: unknown): void;
  }
  var FetchEvent: { prototype: WorkerEvent };
  var ExtendableEvent: { prototype: WorkerEvent };
  var WindowClient: { prototype: { url: string; focus(): Promise<void> } };
  var NotificationEvent: new (type: string, options: { notification: Notification }) => Event;
  var clients: { openWindow(path: string): Promise<void> };
  var registration: ServiceWorkerRegistration;
}
