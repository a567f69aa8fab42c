// A waiter's picture of the restaurant: who waits for what, and what may be done about it.

import { batch, computed, signal } from "@preact/signals";
import { get, post } from "../../lib/api.js";
import { apply, difference, fromSnapshot, shows } from "../../lib/board.js";
import { openLink } from "../../lib/client.js";
import { lang, t } from "../../lib/i18n.js";
import { newId } from "../../lib/ids.js";
import { pictureOf } from "../../lib/keep.js";
import { createMenu } from "../../lib/menu.js";
import { keepPictures } from "../../lib/picture.js";
import { place, renew, session, signOut, user } from "../../lib/staff.js";
import { remember } from "../../lib/store.js";
import { applyToTables, isCalling, stateOf as stateOfTable } from "../../lib/tables.js";
import { complain, toast } from "../../lib/ui.js";
import { ring, ringWhile } from "./ringing.js";

export const orders = signal(new Map());
export const alerts = signal(new Map());
export const requests = signal(new Map());
export const tables = signal([]);
export const bills = signal(new Map()); // by session, of those that somebody here has looked at

export let menu = null;
export let link = null;

// Everything that asks for this waiter, oldest first.
export const calls = computed(() =>
  [
    ...[...alerts.value.values()].map((it) => ({ type: "alert", at: it.raisedAt, it })),
    ...[...requests.value.values()].map((it) => ({ type: "request", at: it.requestedAt, it })),
  ].sort((a, b) => a.at.localeCompare(b.at)),
);

export const unanswered = computed(
  () => calls.value.filter(({ it }) => it.status === "RAISED" || it.status === "REQUESTED").length,
);

// The picture of last time is drawn at once; what has happened since comes as soon as there is a line.
export async function open() {
  const owner = `waiter:${place.value.id}:${user.value.id}`;
  const kept = await pictureOf(owner);
  menu = createMenu(place.value.id);
  if (kept) {
    show(kept);
    furnish().catch(() => {}); // without a line the tables of last time will do
  }
  if (kept?.menu) menu.restore(kept.menu, lang.value);
  else await menu.load(lang.value);
  let before = orders.value;
  link = openLink({
    token: () => session.value?.accessToken ?? "",
    renew,
    join: { name: "join:waiter", payload: { restaurantId: place.value.id } },
    show,
    apply: hear,
    onJoined: (data) => menu.joined(data),
    owner,
    picture: kept,
    onKept: (_tap, answer) => answer.catch(complain),
    onSettled: (away) => {
      const count = difference(before, orders.value);
      if (away > 5_000 && count) toast(t("caughtUp", { count }));
      before = orders.value;
    },
    onEnded: signOut,
  });
  link.status.subscribe((status) => {
    if (status === "lost") before = orders.value;
  });
  const stop = keepPictures(owner, () => ({
    seq: link.seq.value,
    orders: [...orders.value.values()],
    alerts: [...alerts.value.values()],
    requests: [...requests.value.values()],
    tables: tables.value,
    menu: menu.menu.value,
  }));
  const quiet = ringWhile(unanswered);
  return { ...link, close: () => (stop(), quiet(), link.close()) };
}

// Where tables stand and what they are called is no event: after a while away it is asked for.
async function furnish() {
  const path = `/api/restaurants/${place.value.id}/tables`;
  const { tables: now } = await get(path, session.value?.accessToken);
  const known = new Map(tables.value.map((table) => [table.id, table]));
  tables.value = now.map((table) => {
    const { number, zone, seats, x, y } = table;
    return { ...table, ...known.get(table.id), number, zone, seats, x, y };
  });
}

function show(snapshot) {
  batch(() => {
    orders.value = fromSnapshot(snapshot.orders);
    alerts.value = new Map(snapshot.alerts.map((each) => [each.id, each]));
    requests.value = new Map(snapshot.requests.map((each) => [each.id, each]));
    tables.value = snapshot.tables;
  });
}

function hear(name, data, meta) {
  const [subject] = name.split(":");
  const rule = { menu: hearMenu, order: hearOrder, alert: hearAlert, service: hearService };
  if (name === "table:changed") return readTables();
  if (name === "bill:changed") return hearBill(data);
  tables.value = applyToTables(tables.value, name, data);
  return rule[subject]?.(name, data, meta);
}

const hearMenu = (name, data, meta) => menu.hear(name, data, meta);

function hearOrder(name, data) {
  orders.value = apply(
    orders.value, name, data, (order) => shows("active", order) && isOurs(order.tableId),
  );
}

// An alert that somebody has answered stays in sight until the order is on the table.
function hearAlert(name, alert) {
  const ours = isOurs(alert.tableId) || alert.level > 0; // raised above one waiter, it is everyone's
  alerts.value = put(alerts.value, alert, ours && alert.status !== "RESOLVED");
  if (ours && alert.status === "RAISED") ring("ready");
}

// What moves out of this waiter's tables is heard of once more, and is another's from then on.
const isOurs = (tableId) => tables.value.some((table) => table.id === tableId);

function hearService(name, request) {
  const ours = isOurs(request.tableId) || request.level > 0;
  requests.value = put(requests.value, request, ours && request.status !== "DONE");
  if (name !== "service:changed") ring("order");
}

function hearBill(bill) {
  const known = bills.value.get(bill.sessionId);
  if (known && known.version <= bill.version) keepBill(bill);
}

function keepBill(bill) {
  bills.value = new Map(bills.value).set(bill.sessionId, bill);
}

export async function fetchBill(table) {
  keepBill(await link.send("bill:get", { sessionId: table.sessionId }));
}

// Money is not put off until there is a line again: who takes cash must know that it is booked.
export async function money(name, payload, explain = complain) {
  try {
    const answer = await link.send(name, payload);
    if (name === "bill:split") keepBill(answer);
    return answer;
  } catch (error) {
    explain(error);
    return null;
  }
}

// Tables were added, moved or removed.
async function readTables() {
  const path = `/api/restaurants/${place.value.id}/tables`;
  const read = await get(path, session.value.accessToken).catch(() => null);
  if (read) tables.value = read.tables;
}

function put(map, entry, keep) {
  const next = new Map(map);
  if (keep) next.set(entry.id, entry);
  else next.delete(entry.id);
  return next;
}

export const ordersAt = (tableId) =>
  [...orders.value.values()]
    .filter((order) => order.tableId === tableId)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));

// As the floor has it; a call that is not for the bill comes before what is less pressing.
export function stateOf(table) {
  const asked = [...requests.value.values()].filter((each) => each.tableId === table.id);
  const state = stateOfTable(table, ordersAt(table.id), asked);
  return isCalling(asked) && !["ready", "bill"].includes(state) ? "calling" : state;
}

export const heldCourses = (order) =>
  [...new Set(order.items.filter((i) => i.status === "HELD").map((i) => i.course))].sort();

export const acknowledge = ({ type, it }) =>
  type === "alert"
    ? tell("alert:ack", { alertId: it.id })
    : tell("service:ack", { requestId: it.id });

export const finish = (request) => tell("service:done", { requestId: request.id });

// Serves what is ready. The whole order in one command where nothing else is left of it.
export async function serve(order) {
  const left = order.items.filter((item) => !["SERVED", "VOIDED"].includes(item.status));
  const ready = left.filter((item) => item.status === "READY");
  if (!ready.length) return null;
  const whole = ready.length === left.length;
  const done = whole
    ? await tell("order:updateStatus", { orderId: order.id, status: "DELIVERED" })
    : await Promise.all(ready.map((item) => step("serve", order, item)));
  const back = () => ready.forEach((item) => step("recall", order, item));
  if (done) {
    toast(t("waiter.served", { number: order.orderNumber }), { action: t("undo"), onAction: back });
  }
  return done;
}

export const step = (name, order, item, reason) =>
  tell(`item:${name}`, { orderId: order.id, itemId: item.id, ...(reason && { reason }) });

export const fire = (order, course) => tell("course:fire", { orderId: order.id, course });
export const recall = (order) => tell("order:recall", { orderId: order.id });
export const cancel = (order, reason) => tell("order:cancel", { orderId: order.id, reason });
export const settle = (order, reason) =>
  tell("order:updateStatus", { orderId: order.id, status: "COMPLETED", reason });
export const rush = (order) =>
  tell("order:rush", { orderId: order.id, rush: order.priority !== "RUSH" });

export async function order(tableId, items, note) {
  const placed = await tell("order:create", { tableId, items, ...(note && { note }) });
  if (placed) toast(t("waiter.sent", { number: placed.orderNumber ?? "" }));
  return placed;
}

// Ends the party's stay: its phones are let go, and the table is free.
export const closeTable = (table) => ask(`/api/tables/${table.id}/close`);

// The table that a party has left is ready for the next one.
export const clearTable = (table) => ask(`/api/table-sessions/${table.left}/clear`);

export const moveParty = (from, to) =>
  ask(`/api/tables/${from.id}/move`, { toTableId: to.id, commandId: newId() });

export const arrange = (spots) => ask(`/api/restaurants/${place.value.id}/floor`, { tables: spots });

async function ask(path, body = {}) {
  try {
    return await post(path, body, session.value.accessToken);
  } catch (error) {
    complain(error);
    return null;
  }
}

// Says that this screen is there, which also proves that the line is alive.
export const beat = () =>
  link.beat("display:ack", { restaurantId: place.value.id, seq: link.seq.value ?? 0 });

async function tell(name, payload) {
  if (link.status.value !== "live") toast(t("offline.willSend"));
  try {
    return (await link.send(name, payload)) ?? true;
  } catch (error) {
    complain(error);
    return null;
  }
}

// The translator is a page of its own; which table it is for only this tab knows.
export function talkAt(table) {
  const at = { sessionId: table.sessionId, table: table.number, place: place.value };
  remember("talk:at", at, sessionStorage);
  location.href = "/translator";
}
