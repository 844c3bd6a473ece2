// All that is ever cached: the page that says that there is no line, in both languages, and what it is drawn with. `VERSION`,
// which the server writes before the script, changes with any of it.
const LANGUAGES = ["en", "ko"];
const CACHE = `offline-${VERSION}`;
const PARTS = ["css/app.css", "js/pages/offline.js", "icons.svg"];

/** @type {(lang: string) => string} */
const pageIn = (lang) => `/offline/${lang}`;

export async function keepOffline() {
  const urls = [...LANGUAGES.map(pageIn), ...PARTS.map((part) => `/offline/${VERSION}/${part}`)];
  const cache = await caches.open(CACHE);
  await cache.addAll(urls.map((url) => new Request(url, { cache: "reload" })));
}

/** Drops what was kept of other versions. */
export async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

/** @type {(what: RequestInfo) => Promise<Response | undefined>} */
const kept = async (what) => (await caches.open(CACHE)).match(what);

export async function offlinePage() {
  return (await kept(pageIn(await language()))) ?? Response.error();
}

/**
 * Something that the page is drawn with.
 * @param {Request} request
 */
export async function offlinePart(request) {
  return (await kept(request)) ?? fetch(request);
}

// The one that was chosen, or the first that the browser prefers, as the server has it.
async function language() {
  const chosen = await self.cookieStore?.get("lang").catch(() => null);
  const tags = [chosen?.value, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  return tags.find((tag) => tag && LANGUAGES.includes(tag)) ?? LANGUAGES[0];
}
