// Which orders a screen shows, and how an event changes that. Pure, and the same rule as
// state/domain/board.py: the two are tested against the same cases.

export const SHOWN = {
  active: new Set(["PENDING", "CONFIRMED", "PREPARING", "READY", "DELIVERED"]),
  pending: new Set(["PENDING", "CONFIRMED", "PREPARING", "READY"]),
};

export function shows(view, order, stations = null) {
  if (!SHOWN[view].has(order.status)) return false;
  if (view === "pending" && order.awaitingPayment) return false;
  return stations === null || order.items.some((item) => stations.has(item.station));
}

// Returns the board (Map of id -> order) after one event; the one given stays as it is.
export function apply(board, name, data, keep) {
  if (!name.startsWith("order:")) return board;
  const next = new Map(board);
  if (keep(data)) next.set(data.id, data);
  else next.delete(data.id);
  return next;
}

export function fromSnapshot(orders) {
  return new Map(orders.map((order) => [order.id, order]));
}

// How many orders are new, gone or changed between two boards: what a screen has caught up.
export function difference(before, after) {
  let count = 0;
  for (const [id, order] of after) if (before.get(id)?.version !== order.version) count += 1;
  for (const id of before.keys()) if (!after.has(id)) count += 1;
  return count;
}
