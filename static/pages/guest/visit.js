// A guest's visit: who they are, their table's shared cart and orders, and what they may do.

import { batch, computed, signal } from "@preact/signals";
import { post } from "../../lib/api.js";
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
export const underway = signal([]); // what was tapped on and is not in the cart yet
export const orders = signal(new Map());
export const requests = signal(new Map());
export const placing = signal(false);
export const bill = signal(null); // null until somebody at the table asks for it
// The payment that this page comes back from, at the card company's own.
export const returned = signal(new URLSearchParams(location.search).get("paid"));

export let menu = null;
export const link = signal(null); // null until the menu is drawn
export const parts = signal(null); // of the page that come with it
let join;
let linked = new Promise((resolve) => (join = resolve)); // a tap may be there before the line is
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

// What the page came with is as good as the answer to the scan, until that is here.
export function expect({ restaurant, table, ...given }) {
  visit.value ??= { restaurant, table };
  menu = createMenu(restaurant.id);
  menu.menu.value = given.menu;
}

// What a guest wants to see first is the menu; the line is for what comes after.
export async function start(answer) {
  picture = null;
  if (menu?.restaurantId !== answer.restaurant.id) menu = createMenu(answer.restaurant.id);
  await menu.load(lang.value, first.menu);
}

// The visit as this phone last saw it; false if it remembers none.
export async function restore() {
  const { remembered, show } = await later();
  picture = await remembered();
  if (!picture) return false;
  visit.value = picture.visit;
  menu = createMenu(picture.visit.restaurant.id);
  menu.restore(picture.menu, lang.value);
  show(picture);
  return true;
}

// What there was no need of yet. The page names its modules, so that they come all at once.
async function later() {
  await new Promise((drawn) => setTimeout(drawn));
  document.head.append(document.getElementById("later").content);
  return import("./later.js");
}

export async function connect() {
  link.value?.close();
  const coming = later();
  linked = coming.then((line) => line.connect(picture));
  join(linked);
  const [more, line] = await Promise.all([coming, linked]);
  batch(() => {
    link.value = line;
    parts.value = more;
  });
}

export async function rename(name) {
  await scan({ name });
  await (await linked).present();
}

export const sessionId = () => visit.value.session.id;

export async function addToCart(dish, { quantity, modifiers, note }) {
  const line = { menuItemId: dish.id, quantity, modifiers, note };
  underway.value = [...underway.value, line];
  const after = await tell("cart:add", line);
  batch(() => {
    underway.value = underway.value.filter((each) => each !== line);
    if (after) hearCart(after);
  });
  if (after) toast(t("cart.added", { name: dish.name }), { ms: 2500 });
}

// The answer to one's own command and the event of it race; the higher version is the newer.
export function hearCart(next) {
  if (next.version > cart.value.version) cart.value = next;
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
