// The manager's picture of the house: what happens in it, and what it is made of.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask as fetchAs, request } from "../../lib/api.js";
import { apply, fromSnapshot, shows } from "../../lib/board.js";
import { openLink } from "../../lib/client.js";
import { pictureOf } from "../../lib/keep.js";
import { keepPictures } from "../../lib/picture.js";
import { persist, place, renew, session, signOut, user } from "../../lib/staff.js";
import { complain } from "../../lib/ui.js";

const CALM_MS = 1_200; // a rush must not make a page ask for its figures at every order
const SOURCES = {
  figures: "reports/live",
  menu: "menu/edit",
  house: "house",
  crew: "staff",
  devices: "devices",
};
// Which of them an event makes old, by its subject.
const AGES = {
  menu: ["menu", "figures"], // what is sold out is in both
  table: ["house"],
  restaurant: ["house", "menu"],
  staff: ["crew", "devices"],
};

export const orders = signal(new Map());
export let link = null;

const known = Object.fromEntries(Object.keys(SOURCES).map((name) => [name, signal(null)]));
const due = new Map(); // name -> timer of the reading that is planned
const watched = new Map(); // name -> how many parts of the page show it
const old = new Set(); // what has changed while nobody looked

// The picture of last time is drawn at once, and read anew as soon as there is a line.
export async function open() {
  const owner = `manager:${place.value.id}:${user.value.id}`;
  const picture = await pictureOf(owner);
  orders.value = fromSnapshot(picture?.orders ?? []);
  for (const [name, held] of Object.entries(known)) {
    held.value = picture?.known[name] ?? null;
    old.add(name);
  }
  link = openLink({
    token,
    renew,
    owner,
    picture,
    join: { name: "join:restaurant", payload: { restaurantId: place.value.id } },
    show: (snapshot) => {
      orders.value = fromSnapshot(snapshot.orders);
    },
    apply: hear,
    onJoined: () => Object.keys(SOURCES).forEach(readAgain),
    onEnded: signOut,
  });
  const stop = keepPictures(owner, () => ({
    seq: link.seq.value,
    orders: [...orders.value.values()],
    known: Object.fromEntries(Object.entries(known).map(([name, held]) => [name, held.value])),
  }));
  return { ...link, close: () => (stop(), link.close()) };
}

function hear(name, data) {
  const subject = name.split(":")[0];
  if (subject === "order") {
    orders.value = apply(orders.value, name, data, (order) => shows("active", order));
  }
  (AGES[subject] ?? ["figures"]).forEach(readAgain);
}

// Reads anew what the page shows of it, soon and once; the rest when it is looked at again.
export function readAgain(name) {
  if (!watched.get(name)) old.add(name);
  if (!watched.get(name) || due.has(name)) return;
  const wait = name === "figures" ? CALM_MS : 0;
  due.set(
    name,
    setTimeout(() => {
      due.delete(name);
      read(name).catch(() => {}); // what is on the screen stays; the next event tries again
    }, wait),
  );
}

export async function read(name) {
  old.delete(name);
  try {
    known[name].value = await ask("GET", SOURCES[name]);
  } catch (error) {
    old.add(name);
    throw error;
  }
}

// One of the pictures, asked for when it is first needed; null until it is here.
export function useKnown(name) {
  const held = known[name].value;
  useEffect(() => {
    watched.set(name, (watched.get(name) ?? 0) + 1);
    const here = () => known[name].value !== null && !old.has(name);
    persist(() => read(name), () => here() || !session.value);
    return () => watched.set(name, watched.get(name) - 1);
  }, []);
  return held;
}

const token = () => session.value?.accessToken ?? "";
const path = (rest) => `/api/restaurants/${place.value.id}/${rest}`;

export const ask = (method, rest, body) => request(method, path(rest), { body, token: token() });

// Adds a thing, or changes the one of that id, and shows it.
export async function save(name, rest, id, body) {
  const saved = await (id ? ask("PUT", `${rest}/${id}`, body) : ask("POST", rest, body));
  await read(name);
  return saved;
}

export async function remove(name, rest, { id, version }) {
  const expected = version ? `?expectedVersion=${version}` : "";
  await ask("DELETE", `${rest}/${id}${expected}`);
  await read(name);
}

export async function setAvailable(menuItemId, available) {
  try {
    await link.send("menu:availability", { menuItemId, available });
  } catch (error) {
    complain(error);
  }
}

export async function textOf(rest, accept) {
  return (await fetchAs("GET", path(rest), { token: token(), accept })).text();
}

// Asks for nothing that is missing: silence means that the line is dead.
export function beat() {
  const since = link.seq.value ?? 0;
  link.beat("sync:resume", { restaurantId: place.value.id, since });
}

// Hands the reader a file under a name.
export async function download(rest, name) {
  const answer = await fetchAs("GET", path(rest), { token: token(), accept: "text/csv" });
  const url = URL.createObjectURL(await answer.blob());
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
