// A guest's visit: who they are, their table's shared cart and orders, and what they may do.

import { batch, computed, signal } from "@preact/signals";
import { post } from "../../lib/api.js";
import { apply } from "../../lib/board.js";
import { lang, t } from "../../lib/i18n.js";
import { createMenu } from "../../lib/menu.js";
import { recall, remember } from "../../lib/store.js";
import { complain, toast } from "../../lib/ui.js";
import * as first from "./early.js";
import { CODE, code, HERE, KEY, scanPath } from "./early.js";

let early = first.seat; // good for the first scan only

export const visit = signal(null); // what the scan answered
export const ended = signal(null); // why the visit is over
export const view = signal("menu"); // menu, orders
export const cart = signal({ lines: [], total: 0, version: 0 });
export const orders = signal(new Map());
export const requests = signal(new Map());
export const placing = signal(false);
export const bill = signal(null); // null until somebody at the table asks for it
// The payment that this page comes back from, at the card company's own.
export const returned = signal(new URLSearchParams(location.search).get("paid"));
const ends = new Map(); // jobId -> who waits for its end

export let menu = null;
export const link = signal(null); // null until the menu is drawn
let linked = null;
let picture = null; // what is shown until the hub has told what is

export const rounds = computed(() =>
  [...orders.value.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
);
export const portions = computed(() =>
  cart.value.lines.reduce((sum, line) => sum + line.quantity, 0),
);

// The guest token is stored under the code on the table, and never put into an address.
export async function scan(extra = {}) {
  const known = early;
  early = null;
  const wish = { language: lang.value, ...extra };
  const answer = (await known) ?? (await post(scanPath, wish, recall(KEY)?.token));
  remember(KEY, { token: answer.token });
  remember(CODE, code);
  remember(CODE, code, sessionStorage);
  history.replaceState(null, "", `/scan/${HERE}`);
  visit.value = answer;
  return answer;
}

// What a guest wants to see first is the menu; the line is for what comes after.
export async function start(answer) {
  picture = null;
  menu = createMenu(answer.restaurant.id);
  await menu.load(lang.value, first.menu);
}

// The visit as this phone last saw it; false if it remembers none.
export async function restore() {
  picture = await (await import("./line.js")).remembered();
  if (!picture) return false;
  visit.value = picture.visit;
  menu = createMenu(picture.visit.restaurant.id);
  menu.restore(picture.menu, lang.value);
  show(picture);
  return true;
}

export async function connect() {
  link.value?.close();
  linked = import("./line.js").then((line) => line.connect(picture));
  link.value = await linked;
}

export async function rename(name) {
  await scan({ name });
  await (await linked).present();
}

export function show(snapshot) {
  batch(() => {
    if (snapshot.cart) cart.value = snapshot.cart;
    if (snapshot.bill !== undefined) bill.value = snapshot.bill;
    orders.value = new Map(snapshot.orders.map((order) => [order.id, order]));
    requests.value = new Map((snapshot.requests ?? []).map((each) => [each.id, each]));
  });
}

export function hear(name, data, meta) {
  if (name === "cart:changed") return hearCart(data);
  if (name === "bill:changed") return hearBill(data);
  if (name.startsWith("job:")) return hearJob(name, data);
  if (name.startsWith("service:")) {
    requests.value = new Map(requests.value).set(data.id, data);
    if (data.status === "ACKNOWLEDGED") toast(t(`service.coming.${data.kind}`));
    return undefined;
  }
  if (name.startsWith("menu:")) return menu.hear(name, data, meta);
  if (name === "restaurant:changed") return hearRestaurant(data);
  if (name === "table:statusChanged") return hearTable(data);
  orders.value = apply(orders.value, name, data, (order) => order.sessionId === sessionId());
  return undefined;
}

// Its hours or its name may have changed while the guest sits here.
function hearRestaurant(data) {
  visit.value = { ...visit.value, restaurant: { ...visit.value.restaurant, ...data } };
}

// The party may be seated elsewhere, or the table be closed.
function hearTable({ status, tableId, tableNumber }) {
  if (status === "FREE") ended.value = "SESSION_CLOSED";
  if (status === "SEATED" && tableId !== visit.value.table.id) {
    visit.value = { ...visit.value, table: { id: tableId, number: tableNumber } };
    toast(t("guest.moved", { number: tableNumber }));
  }
}

// The answer to one's own command and the event of it race; the higher version is the newer.
function hearCart(next) {
  if (next.version > cart.value.version) cart.value = next;
}

// As with the cart; a bill that the party has taken over from another table is another one.
export function hearBill(next) {
  const newer = bill.value?.id !== next.id || next.version >= bill.value.version;
  if (next.sessionId === sessionId() && newer) bill.value = next;
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

const sessionId = () => visit.value.session.id;

export async function addToCart(dish, { quantity, modifiers, note }) {
  if (await tell("cart:add", { menuItemId: dish.id, quantity, modifiers, note })) {
    toast(t("cart.added", { name: dish.name }), { ms: 2500 });
  }
}

export function setQuantity(line, quantity) {
  if (quantity < 1) return tell("cart:remove", { lineId: line.id });
  return tell("cart:update", { lineId: line.id, quantity });
}

export function place(note) {
  if (placing.value) return false;
  const seen = { expectedTotal: cart.value.total };
  return placed(tell("order:create", note ? { note, ...seen } : seen));
}

async function placed(answer) {
  placing.value = true;
  const order = await answer;
  placing.value = false;
  if (!order) return false;
  view.value = "orders"; // its slip says that the kitchen has it
  return true;
}

// A tap of before the page was loaded anew goes on where it was.
export function resume(tap, answer) {
  const told = answer.catch(complain);
  if (tap.name === "order:create") placed(told);
}

export const cancel = (order) => tell("order:cancel", { orderId: order.id });

export async function call(kind, note = "") {
  if (await tell("service:request", { kind, note })) toast(t(`service.sent.${kind}`));
}

// The open request of a kind, if any: a second call changes nothing.
export function openRequest(kind) {
  return [...requests.value.values()].find((each) => each.kind === kind && each.status !== "DONE");
}

async function tell(name, payload) {
  try {
    const line = await linked;
    if (line.lostAt.value !== null) toast(t("offline.willSend"));
    return await line.send(name, payload);
  } catch (error) {
    complain(error);
    return null;
  }
}
