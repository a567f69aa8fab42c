// The kitchen's picture of its orders; steps.js has what a tap on it does.

import { batch, computed, effect, signal } from "@preact/signals";
import { apply, difference, fromSnapshot, shows } from "../../lib/board.js";
import { openLink } from "../../lib/client.js";
import { now } from "../../lib/clock.js";
import { foreseen, isForeseen, stillDue } from "../../lib/foresee.js";
import { lang, t } from "../../lib/i18n.js";
import { pictureOf } from "../../lib/keep.js";
import { createMenu } from "../../lib/menu.js";
import { keepPictures } from "../../lib/picture.js";
import { place, renew, session, signOut, user } from "../../lib/staff.js";
import { recall, remember } from "../../lib/store.js";
import { complain, toast } from "../../lib/ui.js";
import { hearSummons } from "./summons.js";
import { AGES, isAtWork, isOurs, ourItems, quantile } from "./tickets.js";
import * as unseen from "./unseen.js";

export const { fresh, ghosts, seeOff, touch } = unseen;

export const NEXT = { QUEUED: "item:start", PREPARING: "item:ready" };
export const UNDO_MS = 5_000;
const HOUR = 3600_000;
const RECALL = { count: 50, ms: 2 * HOUR };

const told = signal(new Map()); // the orders as the hub has told of them
const taps = signal([]); // under way, {name, payload, until}: see lib/foresee.js
export const orders = computed(() => foreseen(told.value, taps.value));
export const station = signal(recall("kitchen:station") ?? ""); // "" is all of them
export const bumped = signal(new Map()); // order id -> items as they were, while it can be undone
export const left = signal([]); // orders that have left the board, latest first
const cooked = signal(new Map()); // item id -> {station, at, took} in ms, of those made ready

export const leftOurs = computed(() => left.value.filter((order) => isOurs(order, station.value)));

const ownAges = signal(recall("kitchen:ages") ?? {}); // station -> [amber, red] in minutes
export const ages = computed(() => ownAges.value[station.value] ?? AGES);

export let menu = null;
export let link = null;

export const shown = computed(() =>
  [...orders.value.values(), ...ghosts.value.values()]
    .filter(
      (order) =>
        ghosts.value.has(order.id) ||
        bumped.value.has(order.id) ||
        isAtWork(order, station.value) ||
        isStruck(order),
    )
    .sort(byAge),
);

// Of what has not changed it is the same object as before: no card of it is drawn anew.
export const tickets = computed(() => shown.value.map(unseen.withoutSeen));

// What the cook has not begun or not finished yet, in portions.
export const openItems = computed(() =>
  shown.value
    .flatMap((order) => ourItems(order, station.value))
    .filter((item) => NEXT[item.status])
    .reduce((sum, item) => sum + item.quantity, 0),
);

// How long dishes of this station have taken in the last hour, [p50, p90] in minutes.
export const pace = computed(() => {
  const since = now() - HOUR;
  const took = [...cooked.value.values()]
    .filter((each) => each.at > since && (!station.value || each.station === station.value))
    .map((each) => each.took / 60_000);
  return [quantile(took, 0.5), quantile(took, 0.9)];
});

// What has been bumped and still waits at the pass.
export const atPass = steady(() =>
  [...orders.value.values()]
    .filter((order) => order.status === "READY" && !bumped.value.has(order.id))
    .sort((a, b) => (a.readyAt ?? "").localeCompare(b.readyAt ?? "")),
);

// Computed, and the same array as before while it holds the same: whoever shows it is left alone.
function steady(make) {
  let kept = [];
  return computed(() => {
    const made = make();
    const same = made.length === kept.length && made.every((each, index) => each === kept[index]);
    if (!same) kept = made;
    return kept;
  });
}

// What this station has finished, latest first: it waits at the pass, or for what others cook.
export const finished = steady(() =>
  [...orders.value.values()]
    .filter((order) => isFinished(order) && !bumped.value.has(order.id))
    .sort((a, b) => doneAt(b).localeCompare(doneAt(a))),
);

function isFinished(order) {
  const ours = ourItems(order, station.value);
  return !isAtWork(order, station.value) && ours.some((item) => item.status === "READY");
}

const doneAt = (order) =>
  ourItems(order, station.value).reduce((last, { readyAt }) => (readyAt > last ? readyAt : last), "");

// A dish of this station was struck off, and its cook has not said to have seen it.
export const isStruck = (order) =>
  ourItems(order, station.value).some((item) => unseen.struck.value.has(item.id));

function byAge(a, b) {
  if (a.createdAt === b.createdAt) return a.orderNumber - b.orderNumber;
  return a.createdAt < b.createdAt ? -1 : 1;
}

// The picture of last time is drawn at once; what has happened since comes as soon as there is a line.
export async function open() {
  const owner = `kitchen:${place.value.id}:${user.value.id}`;
  const kept = await pictureOf(owner);
  menu = createMenu(place.value.id);
  told.value = fromSnapshot(kept?.orders ?? []);
  if (kept?.menu) menu.restore(kept.menu, lang.value);
  else await menu.load(lang.value);
  let before = told.value;
  link = openLink({
    token: () => session.value?.accessToken ?? "",
    renew,
    join: { name: "join:kitchen", payload: { restaurantId: place.value.id } },
    show: (snapshot) => {
      told.value = fromSnapshot(snapshot.orders);
      snapshot.orders.forEach(time);
    },
    apply: hear,
    onJoined: (data) => menu.joined(data),
    owner,
    picture: kept,
    onKept: (tap, answer) => follow(tap, answer),
    onSettled: (away) => {
      const count = difference(before, told.value);
      if (away > UNDO_MS && count) toast(t("caughtUp", { count }));
      before = told.value;
    },
    onEnded: signOut,
  });
  link.status.subscribe((status) => {
    if (status === "lost") before = told.value;
  });
  effect(() => {
    const due = stillDue(taps.peek(), told.value);
    if (due.length < taps.peek().length) taps.value = due;
  });
  left.value = kept?.left ?? [];
  unseen.restore(kept);
  const stop = keepPictures(owner, () => ({
    seq: link.seq.value,
    orders: [...told.value.values()],
    left: left.value,
    ...unseen.kept(told.value),
    menu: menu.menu.value,
  }));
  return { ...link, close: () => (stop(), link.close()) };
}

function hear(name, data, meta) {
  if (name.startsWith("menu:")) return menu.hear(name, data, meta);
  if (/^(alert|service):/.test(name)) return hearSummons(name, data, link.send);
  if (!name.startsWith("order:")) return undefined;
  const had = told.value.get(data.id);
  return batch(() => {
    if (!isSame(had, data)) {
      told.value = apply(told.value, name, data, (order) => shows("pending", order));
    }
    time(data);
    if (had && ["DELIVERED", "COMPLETED"].includes(data.status)) leave(data);
    if (isOurs(data, station.value)) unseen.notice(name, data, had, isOurItem);
  });
}

const isOurItem = (item) => !station.value || item.station === station.value;

// One command may be told in several events, each with the order as it has left it.
const isSame = (had, order) =>
  had?.seq === order.seq && JSON.stringify(had) === JSON.stringify(order);

// Notes how long the dishes of an order took that are ready by now.
function time(order) {
  const done = order.items.filter((item) => item.readyAt && !cooked.peek().has(item.id));
  if (!done.length) return;
  const next = new Map([...cooked.peek()].slice(-500));
  for (const item of done) {
    const at = Date.parse(item.readyAt);
    next.set(item.id, { station: item.station, at, took: at - Date.parse(item.queuedAt) });
  }
  cooked.value = next;
}

function leave(order) {
  const young = left.value.filter(
    (each) => each.id !== order.id && now() - Date.parse(each.updatedAt) < RECALL.ms,
  );
  left.value = [order, ...young].slice(0, RECALL.count);
}

export function chooseAges(minutes) {
  ownAges.value = { ...ownAges.value, [station.value]: minutes };
  remember("kitchen:ages", ownAges.value);
}

export function chooseStation(id) {
  station.value = id;
  remember("kitchen:station", id);
}

// Tells the hub up to where this screen has shown, which also proves that the line is alive.
export function acknowledge() {
  link.beat("display:ack", { restaurantId: place.value.id, seq: link.seq.value ?? 0 });
}

// Shown at once; taken back where the hub says no. Of what cannot be shown it is said that it is kept.
export function tell(name, payload) {
  if (link.status.value !== "live" && !isForeseen(name)) toast(t("offline.willSend"));
  return follow({ name, payload }, link.send(name, payload));
}

async function follow({ name, payload }, answer) {
  const tap = { name, payload, until: Infinity };
  taps.value = [...taps.value, tap];
  const end = (until) => {
    tap.until = until;
    taps.value = stillDue(taps.value, told.value);
  };
  try {
    const data = await answer;
    end(data?.version ?? 0);
    return data ?? true;
  } catch (error) {
    end(0);
    complain(error);
    return null;
  }
}
