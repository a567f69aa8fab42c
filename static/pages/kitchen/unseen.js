// What the cook has yet to take notice of: new and changed tickets, dishes struck off, orders that
// were cancelled. A reload forgets none of it.

import { signal } from "@preact/signals";
import { play } from "../../lib/sound.js";

export const ghosts = signal(new Map()); // cancelled orders by id, until they are seen off
export const fresh = signal(new Map()); // order id -> "new" or "changed", until it is touched
export const struck = signal(new Set()); // ids of items voided under the cook's hands, until seen
const seen = signal(new Set()); // ids of voided items that were

// What an event means to the cook; `had` is the order as it was before, ours(item) whose dish it is.
export function notice(name, order, had, ours) {
  if (name === "order:new") {
    mark(order.id, "new");
    play("order");
  } else if (order.status === "CANCELLED" && had) {
    ghosts.value = new Map(ghosts.value).set(order.id, order);
    play("changed");
  } else if (name === "order:priority" && order.priority === "RUSH") {
    mark(order.id, "changed");
    play("rush");
  } else if (name === "order:itemChanged" && had && changesTheWork(had, order)) {
    strike(had, order, ours);
    mark(order.id, "changed");
    play("changed");
  }
}

const isVoided = (item, was) => item.status === "VOIDED" && was?.status !== "VOIDED";

// Voided, fired or to be made again: the cook must look. Their own taps they know of.
function changesTheWork(had, order) {
  return order.items.some((item, index) => {
    const was = had.items[index];
    const fired = item.status === "QUEUED" && was?.status === "HELD";
    return isVoided(item, was) || fired || item.remakes > (was?.remakes ?? 0);
  });
}

function strike(had, order, ours) {
  const gone = order.items.filter((item, index) => ours(item) && isVoided(item, had.items[index]));
  struck.value = new Set([...struck.value, ...gone.map((item) => item.id)]);
}

function mark(id, how) {
  fresh.value = new Map(fresh.value).set(id, how);
}

export function touch(id) {
  if (fresh.value.has(id)) fresh.value = without(fresh.value, id);
}

export function seeOff(id) {
  ghosts.value = without(ghosts.value, id);
}

export function seeStruck(items) {
  const ids = items.filter((item) => item.status === "VOIDED").map((item) => item.id);
  if (!ids.length) return;
  seen.value = new Set([...seen.value, ...ids]);
  struck.value = new Set([...struck.value].filter((id) => !ids.includes(id)));
}

function without(map, id) {
  const next = new Map(map);
  next.delete(id);
  return next;
}

// The same object where nothing of it was seen: its card is not drawn anew.
export function withoutSeen(order) {
  const known = (item) => seen.value.has(item.id);
  if (!order.items.some(known)) return order;
  return { ...order, items: order.items.filter((item) => !known(item)) };
}

// For the picture that the device keeps, of orders that are still there.
export function kept(orders) {
  const ids = new Set([...orders.values()].flatMap((order) => order.items.map((item) => item.id)));
  return {
    ghosts: [...ghosts.value.values()],
    fresh: [...fresh.value].filter(([id]) => orders.has(id)),
    struck: [...struck.value].filter((id) => ids.has(id)),
    seen: [...seen.value].filter((id) => ids.has(id)),
  };
}

export function restore(picture) {
  ghosts.value = new Map((picture?.ghosts ?? []).map((order) => [order.id, order]));
  fresh.value = new Map(picture?.fresh ?? []);
  struck.value = new Set(picture?.struck ?? []);
  seen.value = new Set(picture?.seen ?? []);
}
