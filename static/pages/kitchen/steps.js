// What a tap on the kitchen's board does, or a key: commands to the hub, and what can be undone.

import { t } from "../../lib/i18n.js";
import { toast } from "../../lib/ui.js";
import { bumped, ghosts, NEXT, seeOff, station, tell, touch, UNDO_MS } from "./board.js";
import { isAtWork, ourItems } from "./tickets.js";
import * as unseen from "./unseen.js";

export function tapItem(order, item) {
  touch(order.id);
  unseen.seeStruck([item]);
  const name = NEXT[item.status];
  if (!name) return;
  if (name === "item:ready" && leftToDo(order) === 1) {
    bump(order);
    return;
  }
  tell(name, { orderId: order.id, itemId: item.id });
  if (name === "item:ready") {
    toast(t("kitchen.itemReady", { number: order.orderNumber, count: item.quantity }), {
      action: t("undo"),
      onAction: () => tell("item:recall", { orderId: order.id, itemId: item.id }),
    });
  }
}

const leftToDo = (order) =>
  ourItems(order, station.value).filter((item) => NEXT[item.status]).length;

export function accept(order) {
  touch(order.id);
  tell("order:accept", { orderId: order.id });
}

export function start(order) {
  if (ghosts.value.has(order.id)) return undefined;
  touch(order.id);
  const begun = !["PENDING", "CONFIRMED"].includes(order.status);
  if (!station.value && !begun) {
    return tell("order:updateStatus", { orderId: order.id, status: "PREPARING" });
  }
  return each(order, "QUEUED", "item:start");
}

// Whoever sees a ticket off has seen what was struck from it.
export function seeStruck(order) {
  touch(order.id);
  unseen.seeStruck(order.items);
}

// The card stays where it is until the undo has run out, so nothing moves under a finger.
export async function bump(order) {
  if (ghosts.value.has(order.id)) return seeOff(order.id);
  seeStruck(order);
  if (bumped.value.has(order.id) || !isAtWork(order, station.value)) return undefined;
  bumped.value = new Map(bumped.value).set(order.id, order.items);
  setTimeout(() => settle(order.id, order.items), UNDO_MS);
  const done = station.value
    ? await bumpOurs(order)
    : await tell("order:updateStatus", { orderId: order.id, status: "READY" });
  if (!done) settle(order.id, order.items);
}

// Of a whole ticket only this station's part is this station's to finish.
async function bumpOurs(order) {
  each(order, "QUEUED", "item:start");
  return each(order, ["QUEUED", "PREPARING"], "item:ready");
}

export function undo(order) {
  const was = bumped.value.get(order.id);
  if (!was) return;
  settle(order.id, was);
  for (const item of ourItems({ items: was }, station.value)) {
    const steps = { QUEUED: 2, PREPARING: 1 }[item.status] ?? 0;
    for (let step = 0; step < steps; step += 1) {
      tell("item:recall", { orderId: order.id, itemId: item.id });
    }
  }
}

function settle(id, items) {
  if (bumped.value.get(id) !== items) return;
  const next = new Map(bumped.value);
  next.delete(id);
  bumped.value = next;
}

// One step back, of this station's dishes where it is one station's screen.
export function stepBack(order) {
  if (!station.value) return tell("order:recall", { orderId: order.id });
  const ours = ourItems(order, station.value);
  const last = ["READY", "PREPARING", "SERVED"].find((status) =>
    ours.some((item) => item.status === status),
  );
  return each(order, last, "item:recall");
}

// Back to the board: from the table it is two steps, by way of the pass.
export function recallOrder(order) {
  stepBack(order);
  if (ourItems(order, station.value).some((item) => item.status === "READY")) return;
  stepBack({ ...order, items: order.items.map(atPassAgain) });
}

const atPassAgain = (item) => (item.status === "SERVED" ? { ...item, status: "READY" } : item);

export const rush = (order) =>
  tell("order:rush", { orderId: order.id, rush: order.priority !== "RUSH" });

export const reject = (order, reason) => tell("order:reject", { orderId: order.id, reason });

export const voidItem = (order, item, reason) =>
  tell("item:void", { orderId: order.id, itemId: item.id, reason });

export const remake = (order, item) =>
  tell("item:remake", { orderId: order.id, itemId: item.id });

export const setAvailable = (dish, available) =>
  tell("menu:availability", { menuItemId: dish.id, available });

async function each(order, statuses, name) {
  const wanted = [statuses].flat();
  const items = ourItems(order, station.value).filter((item) => wanted.includes(item.status));
  const answers = items.map((item) => tell(name, { orderId: order.id, itemId: item.id }));
  return (await Promise.all(answers)).every(Boolean);
}
