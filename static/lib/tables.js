// Tables as a floor sees them: what an event changes, and one word for how each is doing. Pure.

// Returns the tables after one event of the log; those given stay as they are.
export function applyToTables(tables, name, data) {
  if (name === "cart:changed") {
    const ordering = data.lines.length > 0;
    return tables.map((t) => (t.sessionId === data.sessionId ? { ...t, ordering } : t));
  }
  if (name.startsWith("order:")) return applyOrder(tables, data);
  if (name !== "table:statusChanged") return tables;
  const change = CHANGES[data.status]?.(data, tables);
  return tables.map((t) => (t.id === data.tableId ? { ...t, ...change } : t));
}

// What is brought and paid leaves the boards; that the party had it is kept with its table.
function applyOrder(tables, order) {
  const over = order.status === "COMPLETED";
  const at = tables.findIndex((t) => t.sessionId === order.sessionId);
  const known = tables[at]?.settled ?? {};
  if (at < 0 || (!over && !(order.id in known))) return tables;
  const { [order.id]: _, ...settled } = known;
  if (over) settled[order.id] = order.totalAmount;
  return tables.map((t, index) => (index === at ? { ...t, settled } : t));
}

const EMPTY = { sessionId: null, seatedAt: null, ordering: false, settled: {} };

const CHANGES = {
  SEATED: ({ sessionId, seatedAt, ordering, settled }) => ({ sessionId, seatedAt, ordering, settled }),
  MOVED: () => EMPTY,
  FREE: ({ sessionId }) => ({ ...EMPTY, left: sessionId }),
  CLEARED: ({ sessionId }, tables) => (tables.some((t) => t.left === sessionId) ? { left: null } : {}),
};

const AT_WORK = new Set(["PENDING", "CONFIRMED", "PREPARING"]);

// The most pressing first. `orders` and `requests` are those of the table.
export function stateOf(table, orders, requests) {
  if (!table.sessionId && !orders.length) return table.left ? "dirty" : "free";
  if (orders.some((order) => order.items.some((item) => item.status === "READY"))) return "ready";
  if (requests.some((each) => each.kind === "bill")) return "bill";
  if (orders.some((order) => AT_WORK.has(order.status))) return "waiting";
  if (table.ordering) return "ordering";
  return orders.length || hasHad(table) ? "eating" : "seated";
}

// Somebody there calls for something other than the bill.
export const isCalling = (requests) => requests.some((each) => each.kind !== "bill");

const hasHad = ({ settled }) => Object.keys(settled ?? {}).length > 0;

// What the party has had and paid; its orders at work are not in it.
export const settledAt = ({ settled }) =>
  Object.values(settled ?? {}).reduce((sum, amount) => sum + amount, 0);

export const totalOf = (orders) => orders.reduce((sum, order) => sum + order.totalAmount, 0);

const PAID = new Set(["PAID", "PARTIALLY_REFUNDED", "REFUNDED"]);

export const unpaidOf = (orders) => totalOf(orders.filter((order) => !PAID.has(order.paymentStatus)));

// The map: a table takes five cells by five, and one stays free around it.
export const SIZE = 5;
const STEP = SIZE + 1;
const AROUND = 2;
const LABEL = 2;

// How many cells wide a map is laid out for a room of so many pixels; then the next zone goes below.
export function cellsFor({ width, height }) {
  if (width < 600) return 24;
  return width < height * 1.1 ? 46 : 70;
}

// Returns id -> {x, y}. Tables without a place stand in rows, zone by zone, below those that have one.
export function layOut(tables, widest) {
  const spots = new Map();
  let top = LABEL + AROUND;
  for (const table of tables) {
    if (table.x === null) continue;
    spots.set(table.id, { x: table.x, y: table.y });
    top = Math.max(top, table.y + STEP + LABEL + AROUND);
  }
  let left = AROUND;
  let lowest = top;
  for (const zone of byZone(tables.filter((table) => table.x === null)).values()) {
    const most = Math.floor((widest - AROUND) / STEP);
    const columns = Math.min(most, Math.ceil(Math.sqrt(zone.length * 1.4)));
    if (left > AROUND && left + columns * STEP > widest) [left, top] = [AROUND, lowest];
    zone.forEach((table, index) => {
      const x = left + (index % columns) * STEP;
      spots.set(table.id, { x, y: top + Math.floor(index / columns) * STEP });
    });
    const rows = Math.ceil(zone.length / columns);
    lowest = Math.max(lowest, top + rows * STEP + LABEL + AROUND);
    left += columns * STEP + AROUND;
  }
  return spots;
}

export function byZone(tables) {
  const zones = new Map();
  for (const table of tables) zones.set(table.zone, [...(zones.get(table.zone) ?? []), table]);
  return zones;
}

// The box around some tables, in cells.
export function around(tables, spots) {
  const places = tables.map((table) => spots.get(table.id));
  const [x, y] = [Math.min(...places.map((p) => p.x)), Math.min(...places.map((p) => p.y))];
  const right = Math.max(...places.map((p) => p.x)) + SIZE;
  const bottom = Math.max(...places.map((p) => p.y)) + SIZE;
  return { x: x - 0.75, y: y - LABEL - 0.25, width: right - x + 1.5, height: bottom - y + LABEL + 1 };
}
