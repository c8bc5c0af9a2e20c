// Keeps the door's page and what it is made of, so that it opens without a network. What is fresh comes first; the kept one stands in.
const KEPT = "door-1";
const mine = (url) => url.origin === location.origin && (/^\/shows\/\d+\/door\/$/.test(url.pathname) || url.pathname.startsWith("/static/"));

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && mine(new URL(event.request.url))) event.respondWith(answer(event.request));
});

async function keep(addresses) {
  const cache = await caches.open(KEPT);
  await Promise.all(addresses.map(async (address) => {
    const said = await fetch(address).catch(() => null);
    if (said?.ok && !said.redirected) await cache.put(address, said);
  }));
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  try {
    const said = await fetch(request);
    if (said.ok && !said.redirected) cache.put(request, said.clone());
    return said;
  } catch (away) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw away;
  }
}
