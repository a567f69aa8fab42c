// What a ticket is to a station: pure, so that it can be tested without a screen.

const AT_WORK = new Set(["QUEUED", "PREPARING"]);
const AMBER_MINUTES = 5;
const RED_MINUTES = 10;

// "allergy" as guests write it, in the languages of our texts.
const ALLERGY = /allerg|аллерг|アレルギ|حساسي/i;

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

export function age(minutes) {
  if (minutes >= RED_MINUTES) return "late";
  return minutes >= AMBER_MINUTES ? "aging" : "calm";
}

export function hasAllergy(order) {
  return [order, ...order.items].some(({ note, noteTranslation }) => isAllergy(note, noteTranslation));
}

// The hub knows more words for it than fit here.
export const isAllergy = (note, beside) => Boolean(beside?.allergy) || ALLERGY.test(note);

// The one thing left to do with a ticket: its big button.
export function nextStep(order, station) {
  const items = ourItems(order, station);
  if (order.status === "PENDING") return "accept";
  if (items.some((item) => item.status === "PREPARING")) return "bump";
  if (items.some((item) => item.status === "QUEUED")) return "start";
  return "none";
}

// How many lines of a card an order takes, more or less.
export function weight(order, station) {
  const lines = (text) => (text ? 1 + Math.floor(text.length / 34) : 0);
  const notes = ({ note, noteTranslation: beside }) =>
    lines(note) +
    lines(Object.values(beside?.texts ?? {})[0]) +
    (beside?.allergens?.length > 0);
  const strips = (order.priority === "RUSH") + hasAllergy(order);
  const items = ourItems(order, station).map(
    (item) => 1.5 + item.modifiers.length * 0.8 + notes(item),
  );
  return items.reduce((sum, each) => sum + each, notes(order) + strips);
}

// Places tickets column by column, oldest first; a long one takes as many cells as it needs.
// `tall` is what fits into one cell, by weight. Returns pages of {order, column, row, span}.
export function layOut(tickets, columns, rows, station, tall = 8) {
  const pages = [];
  let cell = 0;
  for (const order of tickets) {
    const span = Math.min(rows, Math.ceil(weight(order, station) / tall));
    const left = rows - (cell % rows);
    if (span > left) cell += left;
    const page = Math.floor(cell / (columns * rows));
    const inside = cell % (columns * rows);
    pages[page] ??= [];
    pages[page].push({ order, column: Math.floor(inside / rows), row: inside % rows, span });
    cell += span;
  }
  return pages.length ? pages : [[]];
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
