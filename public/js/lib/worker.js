// Registers the service worker once the page has nothing else to do. Without https there is none.
addEventListener("load", () => {
  (window.requestIdleCallback ?? setTimeout)(() => navigator.serviceWorker?.register("/sw.js").catch(() => {}));
});
