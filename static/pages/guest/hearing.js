// What the hub tells a guest's page: all that is now, then what changes.

import { batch } from "@preact/signals";
import { apply } from "../../lib/board.js";
import { t } from "../../lib/i18n.js";
import { toast } from "../../lib/ui.js";
import * as guest from "./visit.js";

const ends = new Map(); // jobId -> who waits for its end

export function show(snapshot) {
  batch(() => {
    if (snapshot.cart) guest.cart.value = snapshot.cart;
    if (snapshot.bill !== undefined) guest.bill.value = snapshot.bill;
    guest.orders.value = new Map(snapshot.orders.map((order) => [order.id, order]));
    guest.requests.value = new Map((snapshot.requests ?? []).map((each) => [each.id, each]));
  });
}

export function hear(name, data, meta) {
  if (name === "cart:changed") return guest.hearCart(data);
  if (name === "bill:changed") return hearBill(data);
  if (name.startsWith("job:")) return hearJob(name, data);
  if (name.startsWith("service:")) {
    guest.requests.value = new Map(guest.requests.value).set(data.id, data);
    if (data.status === "ACKNOWLEDGED") toast(t(`service.coming.${data.kind}`));
    return undefined;
  }
  if (name.startsWith("menu:")) return guest.menu.hear(name, data, meta);
  if (name === "restaurant:changed") return hearRestaurant(data);
  if (name === "table:statusChanged") return hearTable(data);
  const ours = (order) => order.sessionId === guest.sessionId();
  guest.orders.value = apply(guest.orders.value, name, data, ours);
  return undefined;
}

// Its hours or its name may have changed while the guest sits here.
function hearRestaurant(data) {
  const visit = guest.visit.value;
  guest.visit.value = { ...visit, restaurant: { ...visit.restaurant, ...data } };
}

// The party may be seated elsewhere, or the table be closed.
function hearTable({ status, tableId, tableNumber }) {
  if (status === "FREE") guest.ended.value = "SESSION_CLOSED";
  if (status === "SEATED" && tableId !== guest.visit.value.table.id) {
    guest.visit.value = { ...guest.visit.value, table: { id: tableId, number: tableNumber } };
    toast(t("guest.moved", { number: tableNumber }));
  }
}

// As with the cart; a bill that the party has taken over from another table is another one.
export function hearBill(next) {
  const newer = guest.bill.value?.id !== next.id || next.version >= guest.bill.value.version;
  if (next.sessionId === guest.sessionId() && newer) guest.bill.value = next;
}

function hearJob(name, data) {
  if (name === "job:progress") return;
  if (ends.has(data.jobId)) ends.get(data.jobId).done(data);
  else ends.set(data.jobId, { told: data });
}

// Resolves to how a job of this guest has ended: the event may be here before the answer is.
export function jobEnd(jobId) {
  const told = ends.get(jobId)?.told;
  if (told) return Promise.resolve(told);
  return new Promise((done) => ends.set(jobId, { done }));
}
