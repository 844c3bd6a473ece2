// What a service worker has beyond what the compiler knows.

/** What the server writes before the script; it changes with any of what is kept for a browser that is offline. */
declare const VERSION: string;

declare const registration: ServiceWorkerRegistration;
declare const clients: Clients;
declare function skipWaiting(): Promise<void>;
// Not every browser has it.
declare var cookieStore: CookieStore | undefined;

/** The static routing API, which not every browser has. */
interface InstallEvent extends ExtendableEvent {
  addRoutes?(routes: object[]): Promise<void>;
}

declare function addEventListener(type: "install", listener: (event: InstallEvent) => void): void;
declare function addEventListener(type: "activate", listener: (event: ExtendableEvent) => void): void;
declare function addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
declare function addEventListener(type: "notificationclick", listener: (event: NotificationEvent) => void): void;
