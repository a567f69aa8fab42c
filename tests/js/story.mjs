// The main job by the official client: the guest on one node, kitchen and waiter on the other.
import assert from "node:assert/strict";
import { connect, done, given, hears, send } from "./client.mjs";

const options = given.transports ? { transports: given.transports } : {};
const [here, there] = given.urls;
const guest = await connect(here, given.guest, options);
const cook = await connect(there, given.kitchen, options);
const waiter = await connect(there, given.waiter, options);

const upgraded = async (socket) => {
  const { engine } = socket.io;
  if (engine.transport.name === "polling" && given.upgrades) {
    await new Promise((resolve) => engine.once("upgrade", resolve));
  }
  return engine.transport.name;
};
const transports = await Promise.all([guest, cook, waiter].map(upgraded));

const { restaurantId } = given;
await send(guest, "join:table", {});
assert.equal((await cook.emitWithAck("join:kitchen", restaurantId)).ok, true);
assert.deepEqual((await hears(cook, "orders:pending")).data, []);
await send(waiter, "join:waiter", { restaurantId });

await send(guest, "cart:add", given.line);
const order = await send(guest, "order:create", { commandId: "round-1" });
assert.equal(order.status, "PENDING");
const seen = await hears(cook, "order:new");
assert.deepEqual(seen.data, order);
assert.equal(seen.meta.seq, order.seq);
assert.equal(seen.offset, String(order.seq), "official clients recover by the last argument");

const [item] = order.items;
const orderId = order.id;
assert.equal((await cook.emitWithAck("order:updateStatus", orderId, "confirmed")).ok, true);
await hears(guest, "order:confirmed");
await send(cook, "item:start", { orderId, itemId: item.id });
await send(cook, "item:ready", { orderId, itemId: item.id });
assert.equal((await hears(waiter, "order:ready")).data.id, orderId);
const alert = (await hears(waiter, "alert:raised")).data;
await send(waiter, "alert:ack", { alertId: alert.id });
await send(waiter, "item:serve", { orderId, itemId: item.id });
const served = await hears(guest, "order:statusChanged", (o) => o.status === "DELIVERED");
assert.ok(served.data.deliveredAt);

const seqs = guest.heard.filter(({ meta }) => meta?.eventId).map(({ meta }) => meta.seq);
assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), "in order, once");
done({ transports, orderId, heard: guest.heard.map(({ name }) => name) }, guest, cook, waiter);
