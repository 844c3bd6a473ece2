// The service worker, as `/sw.js`: it shows a page of its own where there is no line, takes GIFs that are shared with the
// site, and brings to the room whoever presses a notification. All else goes past it as if it were not there.
import { drop } from "../lib/held.js";
import { forgetOthers, keepOffline, offlinePage, offlinePart } from "./offline.js";
import { goTo } from "./room.js";
import { take } from "./share.js";

// What the browser need not even ask about, where it understands that; the first that fits counts.
const ROUTES = [
  { condition: { urlPattern: { pathname: "/offline/*" } }, source: "fetch-event" },
  { condition: { or: ["cors", "no-cors", "same-origin"].map((requestMode) => ({ requestMode })) }, source: "network" },
];

addEventListener("install", (event) => {
  // Pages need nothing of the one before, so nobody has to wait until they are closed.
  skipWaiting();
  // Also what a page says as it closes: Chromium would lose it on its way past here.
  event.addRoutes?.(ROUTES).catch(() => {});
  event.waitUntil(keepOffline());
});

addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forgetOthers(), registration.navigationPreload?.enable()]).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode !== "navigate") {
    if (pathname.startsWith("/offline/")) event.respondWith(offlinePart(request));
  } else if (request.method === "POST" && pathname === "/share") {
    event.respondWith(take(request));
  } else if (request.method === "GET" && request.destination === "document") {
    // Whoever goes elsewhere has chosen no room.
    if (pathname !== "/share") event.waitUntil(drop());
    // The browser itself asks for the page: asked from here, the server could not tell who opens it, and from where. So a form
    // is not sent from here, either.
    if (registration.navigationPreload) event.respondWith(page(event));
  }
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goTo(event.notification.data));
});

/**
 * The page, whatever the server says; without an answer, that there is none.
 * @param {FetchEvent} event
 */
async function page({ preloadResponse, request }) {
  try {
    return (await preloadResponse) ?? (await fetch(request));
  } catch {
    return offlinePage();
  }
}
