// A screen that is cut off again and again, and comes back on another node each time.
import assert from "node:assert/strict";
import { connect, done, given, hears, send, within } from "./client.mjs";

const { restaurantId, line, urls, transports } = given;
const guest = await connect(urls[0], given.guest);
await send(guest, "join:table", {});
const cook = await connect(urls[0], given.kitchen, {
  transports, reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 100,
});
const first = cook.id;
await send(cook, "join:kitchen", { restaurantId });
const orders = [];

async function order() {
  orders.push((await send(guest, "order:create", { items: [line] })).id);
}

for (const missed of [0, 1, 3]) {
  cook.io.uri = urls[(urls.indexOf(cook.io.uri) + 1) % urls.length];
  const back = within(new Promise((resolve) => cook.once("connect", resolve)), "reconnect");
  cook.io.engine.close();
  for (let n = 0; n < missed; n += 1) await order();
  await back;
  assert.equal(cook.recovered, true);
  assert.equal(cook.id, first);
  await order();
  await hears(cook, "order:new", ({ id }) => id === orders.at(-1));
}
const heard = cook.heard.filter(({ name }) => name === "order:new");
assert.deepEqual(heard.map(({ data }) => data.id), orders);
await send(cook, "order:accept", { orderId: orders[0] });
await hears(cook, "order:confirmed");
done({ orders: orders.length, last: cook.io.engine.transport.name }, guest, cook);
