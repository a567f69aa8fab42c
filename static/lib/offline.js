// Lets the service worker keep what this page is made of. Plain http has none: then a page cannot
// be opened without a line, and all else is the same.

export async function workWithoutLine() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const parts = performance
    .getEntriesByType("resource")
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static/"));
  active.postMessage([location.pathname, ...new Set(parts.map(({ pathname }) => pathname))]);
}
