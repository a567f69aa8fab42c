// What a bill comes to for one payer, before the hub is asked. Pure: the hub decides.

export const isOpen = (payment) => ["PENDING", "AUTHORIZED"].includes(payment.status);
export const isTaken = (payment) =>
  ["PAID", "PARTIALLY_REFUNDED", "REFUNDED"].includes(payment.status);

// What a line is of, with its name in every language; undefined where its order is not shown here.
export const dishOf = (line, orders) =>
  orders.get(line.orderId)?.items.find((item) => item.id === line.itemId);

export const leftOf = (line) => Math.max(0, line.due - line.held);

// The lines that somebody chose, as far as nobody has paid for them.
export const minesOf = (bill, guestId) =>
  bill.lines.filter((line) => line.guestId === guestId && leftOf(line) > 0);

// chosen: Map of itemId -> among how many the line is shared.
export function sumOf(bill, chosen) {
  return bill.lines.reduce((sum, line) => {
    const among = chosen.get(line.itemId);
    if (!among) return sum;
    return sum + Math.min(leftOf(line), Math.round(line.due / among));
  }, 0);
}

export const partsOf = (chosen) =>
  [...chosen].map(([itemId, of]) => ({ itemId, shares: 1, of }));

// An equal share of what nobody pays yet; the first ones get the units that are left over.
export const equalShare = (outstanding, parts) => Math.ceil(outstanding / parts);

// The tax that comes on top of the prices, and that which they contain: a house may have changed
// between two orders of one bill.
export function taxesOf({ subtotal, discount, service, tax, total }) {
  const added = total - (subtotal - discount + service);
  return { added, contained: tax - added };
}

export const rateOf = (amount, percent) => Math.round((amount * percent) / 100);
