// What a device keeps through a reload or a dead battery: its last picture, and taps not yet
// answered. A browser that refuses to keep anything (a private window) just starts anew.

const NAME = "onemoment";
const DAY = 24 * 3600 * 1000; // for so long the hub knows a command again by its id

let opening = null;

function database() {
  opening ??= new Promise((resolve) => {
    if (!globalThis.indexedDB) return resolve(null);
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("pictures");
      asked.result.createObjectStore("taps", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(null);
    asked.onblocked = () => resolve(null);
  });
  return opening;
}

// Resolves to what the request found; to null where nothing can be kept.
async function request(store, mode, make) {
  const db = await database();
  if (!db) return null;
  return new Promise((resolve) => {
    const asked = make(db.transaction(store, mode).objectStore(store));
    asked.onsuccess = () => resolve(asked.result ?? null);
    asked.onerror = () => resolve(null);
  });
}

export const pictureOf = (key) => request("pictures", "readonly", (store) => store.get(key));

export const keepPicture = (key, picture) =>
  request("pictures", "readwrite", (store) => store.put(picture, key));

// Whoever signs out leaves nothing to look at on a device that others use.
export async function forgetPictures(person) {
  const keys = (await request("pictures", "readonly", (store) => store.getAllKeys())) ?? [];
  const theirs = keys.filter((key) => key.endsWith(`:${person}`));
  await Promise.all(
    theirs.map((key) => request("pictures", "readwrite", (store) => store.delete(key))),
  );
}

// A tap is {id, owner, at, name, payload}; `at` orders them, `owner` is whose command it is.
export const keepTap = (tap) => request("taps", "readwrite", (store) => store.put(tap));

export const dropTap = (id) => request("taps", "readwrite", (store) => store.delete(id));

// The taps of an owner, oldest first. What is older than a day might happen twice: it is let go.
export async function tapsOf(owner, now = Date.now()) {
  const all = (await request("taps", "readonly", (store) => store.getAll())) ?? [];
  const old = all.filter((tap) => now - tap.at > DAY);
  old.forEach((tap) => dropTap(tap.id));
  return all
    .filter((tap) => tap.owner === owner && !old.includes(tap))
    .sort((a, b) => a.at - b.at);
}
