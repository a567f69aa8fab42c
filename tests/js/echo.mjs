// Text and bytes to an echo and back, acks both ways, two namespaces; also while it upgrades.
import assert from "node:assert/strict";
import { connect, done, given, hears, within } from "./client.mjs";

const bytes = (...values) => Buffer.from(values);
const ARGS = [1, "zwei €", null, { deep: [bytes(1, 2, 3)] }, bytes(), bytes(255)];

const socket = await connect(given.url, "123", { transports: given.transports });
const { engine } = socket.io;
const upgrade = given.upgrades && engine.transport.name === "polling"
  ? within(new Promise((resolve) => engine.once("upgrade", resolve)), "upgrade")
  : undefined;
assert.deepEqual((await hears(socket, "auth")).data, { token: "123" });

/** Send an event and return the arguments of its ack. */
const acked = (where, ...args) => within(new Promise((resolve) => {
  where.emit("message-with-ack", ...args, (...back) => resolve(back));
}), "ack");
/** Have the server ask something, and return what it says that we answered. */
const asked = (where, ...args) => within(new Promise((resolve) => {
  where.once("answered", (...back) => resolve(back));
  where.emit("ask me", ...args);
}), "answer");

// Numbered events, every third with bytes, from before the upgrade until after it.
const numbers = [...Array(given.events).keys()];
const back = [];
socket.on("message-back", (number, attached) => back.push([number, attached]));
for (const number of numbers) {
  socket.emit("message", number, number % 3 ? "text" : bytes(number & 255));
  if (number % 20 === 0) await new Promise(setImmediate);
}
await upgrade;
assert.deepEqual(await acked(socket, ...ARGS), ARGS);
assert.deepEqual(back, numbers.map((n) => [n, n % 3 ? "text" : bytes(n & 255)]));

const custom = socket.io.socket("/custom", { auth: { token: "abc" } });
const greeting = within(new Promise((resolve) => custom.once("auth", resolve)), "auth");
assert.deepEqual(await greeting, { token: "abc" });
assert.notEqual(custom.id, socket.id);

for (const where of [socket, custom]) {
  where.on("question", (...args) => args.pop()(...args.reverse()));
  assert.deepEqual(await acked(where), []);
  assert.deepEqual(await acked(where, ...ARGS), ARGS);
  assert.deepEqual(await asked(where), []);
  assert.deepEqual(await asked(where, ...ARGS), [...ARGS].reverse());
}
custom.disconnect();
assert.deepEqual(await acked(socket, "still here"), ["still here"]);
done({ transport: engine.transport.name, events: back.length }, socket);
