// Keeps the staff's pages and the guest's on the device, so that a screen that is switched on without
// a line shows its last picture and takes taps. What the hub says now always comes first.

const CACHE = "onemoment";
const GUEST = "/scan/here"; // one page for every code
const PAGES = new Set(["/kitchen", "/waiter", "/floor", "/manager", GUEST]);
const VERSIONED = /^\/static\/[0-9a-f]{12}\//;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// A page tells what it is made of once it is there; what an older one was made of goes.
addEventListener("message", (event) => event.waitUntil(keep(event.data)));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const path = pathname.startsWith("/scan/") ? GUEST : pathname;
  if (PAGES.has(path) || path.startsWith("/static/")) event.respondWith(answer(request, path));
});

async function answer(request, path) {
  const { pathname } = new URL(request.url);
  // A file is the same for whoever asks, whatever the answer's Vary says.
  const kept = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
  if (kept && VERSIONED.test(path)) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok && PAGES.has(pathname)) await (await caches.open(CACHE)).put(path, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function keep(paths) {
  const cache = await caches.open(CACHE);
  const had = (await cache.keys()).map((request) => new URL(request.url).pathname);
  const version = paths.find((path) => VERSIONED.test(path))?.match(VERSIONED)[0];
  const old = had.filter((path) => VERSIONED.test(path) && !path.startsWith(version));
  await Promise.all(old.map((path) => cache.delete(path)));
  await cache.addAll(paths.filter((path) => PAGES.has(path) || !had.includes(path)));
}
