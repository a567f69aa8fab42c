// What a tap will have done, shown before the hub has answered. Pure; the hub decides.

const STEP = { "item:start": "PREPARING", "item:ready": "READY", "item:serve": "SERVED" };
const BACK = { PREPARING: "QUEUED", READY: "PREPARING", SERVED: "READY" };
const OPEN = ["QUEUED", "PREPARING"];

const withItem = (order, id, status) => ({
  ...order,
  items: order.items.map((item) => (item.id === id ? { ...item, status: status(item) } : item)),
});

const withAll = (order, from, status) => ({
  ...order,
  status,
  items: order.items.map((item) => (from.includes(item.status) ? { ...item, status } : item)),
});

const EFFECTS = {
  "item:recall": (order, { itemId }) =>
    withItem(order, itemId, (item) => BACK[item.status] ?? item.status),
  "order:accept": (order) => ({ ...order, status: "CONFIRMED" }),
  "order:rush": (order, { rush }) => ({ ...order, priority: rush ? "RUSH" : "NORMAL" }),
  "order:updateStatus": (order, { status }) => {
    if (status === "PREPARING") return withAll(order, ["QUEUED"], status);
    if (status === "READY") return withAll(order, OPEN, status);
    return order;
  },
};

// Whether anything is to be seen of a tap before its answer.
export const isForeseen = (name) => name in STEP || name in EFFECTS;

// An order as it will look after a tap, {name, payload}.
export function foresee(order, { name, payload }) {
  if (STEP[name]) return withItem(order, payload.itemId, () => STEP[name]);
  return EFFECTS[name]?.(order, payload) ?? order;
}

// A board with all taps that are under way.
export function foreseen(orders, taps) {
  if (!taps.length) return orders;
  const seen = new Map(orders);
  for (const tap of taps) {
    const order = seen.get(tap.payload.orderId);
    if (order) seen.set(order.id, foresee(order, tap));
  }
  return seen;
}

// A tap is over once the board has come as far as its answer; `until` is the version that told.
export const stillDue = (taps, orders) =>
  taps.filter((tap) => {
    const order = orders.get(tap.payload.orderId);
    return order && !(order.version >= tap.until);
  });
