// What a ticket is to a station: pure, so that it can be tested without a screen.

import { hasAllergy } from "../../lib/allergy.js";

const AT_WORK = new Set(["QUEUED", "PREPARING"]);
export const AGES = [5, 10]; // minutes after which a ticket is amber, and red

export function isOurs(order, station) {
  return !station || order.items.some((item) => item.station === station);
}

export const ourItems = (order, station) =>
  order.items.filter((item) => !station || item.station === station);

// As the cook works through them: what is held comes last.
export const inTurn = (items) =>
  [...items].sort((a, b) => (a.status === "HELD") - (b.status === "HELD") || a.course - b.course);

// On the grid while this station has something to do. What is held comes when it is fired.
export function isAtWork(order, station) {
  return ourItems(order, station).some((item) => AT_WORK.has(item.status));
}

// Since when it waits: held courses do not count until they are fired.
export function waitingSince(order, station) {
  const stamps = ourItems(order, station)
    .filter((item) => AT_WORK.has(item.status))
    .map((item) => item.queuedAt)
    .filter(Boolean);
  return stamps.sort()[0] ?? order.createdAt;
}

export function age(minutes, [amber, red] = AGES) {
  if (minutes >= red) return "late";
  return minutes >= amber ? "aging" : "calm";
}

// "no onion" as menus write it, in the languages of our texts.
const REMOVAL = /^(?:no|without|ohne|kein[a-z]*|без|بدون)\s+|(?:抜き|なし)$/i;

export const isRemoval = (modifier) =>
  [modifier.name, ...Object.values(modifier.texts)].some((text) => REMOVAL.test(text));

export const withoutNo = (text) => text.replace(REMOVAL, "");

// The one thing left to do with a ticket: its big button.
export function nextStep(order, station) {
  const items = ourItems(order, station);
  if (order.status === "PENDING") return "accept";
  if (items.some((item) => item.status === "PREPARING")) return "bump";
  if (items.some((item) => item.status === "QUEUED")) return "start";
  return "none";
}

const linesOf = (text) => (text ? 1 + Math.floor(text.length / 34) : 0);

// A note, what a machine makes of it, and which allergens it names.
const notes = ({ note, noteTranslation: beside }) =>
  linesOf(note) +
  linesOf(Object.values(beside?.texts ?? {})[0]) +
  (beside?.allergens?.length > 0);

// How many lines of a card an item takes, more or less.
function weight(item) {
  const long = item.name?.length > 17 ? 0.6 : 0;
  const allergens = item.allergens?.length ? 0.4 : 0;
  return 1.5 + long + allergens + item.modifiers.length * 0.8 + notes(item);
}

const cut = new WeakMap(); // order -> its parts, as they were asked for last

// The same arrays for the same order: what has not changed is neither cut nor drawn again.
function partsOf(order, station, tall) {
  const known = cut.get(order);
  if (known?.station === station && known.tall === tall) return known.parts;
  const parts = cutUp(order, station, tall);
  cut.set(order, { station, tall, parts });
  return parts;
}

// A ticket in parts that fit into a cell each; most are one. The order's own note may fill the first.
function cutUp(order, station, tall) {
  const parts = [[]];
  const noted = notes(order) * 1.4;
  let used = noted + ((order.priority === "RUSH") + hasAllergy(order));
  for (const item of inTurn(ourItems(order, station))) {
    const begun = parts.at(-1).length || (noted && parts.length === 1);
    if (begun && used + weight(item) > tall) {
      parts.push([]);
      used = 0;
    }
    parts.at(-1).push(item);
    used += weight(item);
  }
  return parts;
}

// Places tickets column by column, oldest first; a long one goes on in the next cell.
// `tall` is what fits into one cell, by weight. Returns pages of {order, items, part, of, column, row}.
export function layOut(tickets, columns, rows, station, tall = 8) {
  const pages = [];
  let cell = 0;
  for (const order of tickets) {
    const parts = partsOf(order, station, tall);
    parts.forEach((items, index) => {
      const inside = cell % (columns * rows);
      const place = { column: Math.floor(inside / rows), row: inside % rows };
      const page = (pages[Math.floor(cell / (columns * rows))] ??= []);
      page.push({ order, items, part: index + 1, of: parts.length, ...place });
      cell += 1;
    });
  }
  return pages.length ? pages : [[]];
}

// The p-th part of the values (0.5 is the median), null where there are none.
export function quantile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] : null;
}

// All-day: how many of each dish are still to be cooked, most first.
export function allDay(tickets, station) {
  const counts = new Map();
  for (const order of tickets) {
    for (const item of ourItems(order, station)) {
      if (!AT_WORK.has(item.status) && item.status !== "HELD") continue;
      const entry = counts.get(item.menuItemId) ?? { id: item.menuItemId, item, todo: 0, held: 0 };
      entry[item.status === "HELD" ? "held" : "todo"] += item.quantity;
      counts.set(item.menuItemId, entry);
    }
  }
  return [...counts.values()].sort((a, b) => b.todo - a.todo || b.held - a.held);
}
