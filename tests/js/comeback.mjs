// A kitchen screen that loses its connection, reconnects and asks for what it missed,
// whether or not it has been given that already: nothing comes twice.
import assert from "node:assert/strict";
import { connect, done, given, hears, send, within } from "./client.mjs";

const guest = await connect(given.url, given.guest);
const cook = await connect(given.url, given.kitchen, {
  transports: given.transports, reconnection: false,
});
const { restaurantId, line } = given;
await send(guest, "join:table", {});
await send(cook, "join:kitchen", { restaurantId });
const first = await send(guest, "order:create", { items: [line] });
await hears(cook, "order:new");
const since = Math.max(...cook.heard.map(({ meta }) => meta?.seq ?? 0));

cook.heard.length = 0;
cook.io.engine.close();
const missed = [];
for (let n = 0; n < 3; n += 1) {
  missed.push(await send(guest, "order:create", { items: [line] }));
}
const back = within(new Promise((resolve) => cook.once("connect", resolve)), "reconnect");
cook.connect();
await back;
const ack = await cook.emitWithAck("join:kitchen", { restaurantId, since });
assert.equal(ack.ok, true);
const last = await send(guest, "order:create", { items: [line] });
await hears(cook, "order:new", (order) => order.id === last.id);
const heard = cook.heard.filter(({ name }) => name === "order:new");
assert.deepEqual(heard.map(({ data }) => data.id), [...missed, last].map(({ id }) => id));
assert.deepEqual(heard.map(({ meta }) => meta.replay ?? false), [true, true, true, false]);
assert.notEqual(first.id, missed[0].id);
done({ orders: heard.length }, guest, cook);
