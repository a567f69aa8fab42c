// Guests who order and cooks who read, all behind a balancer, while a node may end.
import assert from "node:assert/strict";
import { done, given, open, send, within } from "./client.mjs";

const { restaurantId, rounds, line } = given;
const options = {
  transports: given.transports, reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200,
};
const clients = [];

/** Connect, and join again after each connection; `joins` counts how often that was done. */
function client(token, join) {
  const socket = open(given.url, { token }, options);
  socket.joins = 0;
  socket.on("connect", async () => {
    if ((await join(socket)).ok) socket.joins += 1;
  });
  clients.push(socket);
  return socket;
}

/** Send until it is acknowledged; the hub knows a command that it has carried out. */
async function surely(socket, name, payload) {
  for (;;) {
    try {
      return await send(socket, name, payload);
    } catch (error) {
      if (error instanceof assert.AssertionError || !given.victim) throw error;
    }
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const until = (what, isSo) => within((async () => {
  while (!isSo()) await pause(20);
})(), what);
const joined = () => clients.every((socket) => socket.connected && socket.joins > 0);
const news = (cook) => cook.heard.filter(({ name }) => name === "order:new").map(({ data }) => data.id);

const cooks = given.cooks.map((token) => client(token, (cook) => {
  const seqs = cook.heard.map(({ meta }) => meta?.seq ?? 0);
  const since = cook.joins ? { since: Math.max(0, ...seqs) } : {};
  return cook.emitWithAck("join:kitchen", { restaurantId, ...since });
}));
const guests = given.guests.map((token) => client(token, (guest) => guest.emitWithAck("join:table", {})));
await until("everybody to join", joined);

/** Order one after the other, then all at once; the acks come in the order of the commands. */
async function orders(guest, name) {
  const order = (n) => surely(guest, "order:create", { items: [line], commandId: `${name}-${n}` });
  const placed = [];
  for (let n = 0; n < rounds; n += 1) placed.push(await order(n));
  const acked = [];
  const burst = Array.from({ length: rounds }, (_, n) => order(rounds + n).then((ack) => {
    acked.push(n);
    return ack;
  }));
  placed.push(...await Promise.all(burst));
  if (!given.victim) assert.deepEqual(acked, acked.toSorted((a, b) => a - b), "acks in order");
  return placed;
}

const everybody = (when) => Promise.all(guests.map((guest, n) => orders(guest, `${when}-${n}`)));
await pause(given.idle * 1000);
const placed = (await everybody("first")).flat();
if (given.victim) {
  const going = everybody("meanwhile");
  process.kill(given.victim, given.signal);
  placed.push(...(await going).flat());
  await until("everybody to come back", joined);
  placed.push(...(await everybody("after")).flat());
}
const ids = placed.sort((a, b) => a.seq - b.seq).map(({ id }) => id);
for (const cook of cooks) {
  await until("the last order", () => news(cook).includes(ids.at(-1)));
  const heard = news(cook);
  assert.deepEqual(ids.filter((id) => !heard.includes(id)), [], "none is missing");
  assert.deepEqual(heard.filter((id, n) => heard.indexOf(id) !== n), [], "none is doubled");
  assert.deepEqual(heard, ids, "in the order of the log");
}
done({
  orders: ids.length,
  transports: clients.map((socket) => socket.io.engine.transport.name),
  comebacks: clients.filter((socket) => socket.joins > 1).length,
}, ...clients);
