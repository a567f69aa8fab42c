// Every way in which the official client can ask for an ack, or not.
import { connect, done, given, hears } from "./client.mjs";

const socket = await connect(given.url, given.token, { transports: given.transports });
const orderId = given.order;
const acks = {};
const asked = (name, ...args) => new Promise((resolve) => socket.emit(name, ...args, resolve));

acks.callback = await asked("join:order", { orderId });
acks.positional = await asked("join:order", orderId);
acks.promise = await socket.emitWithAck("join:order", { orderId });
acks.timeout = await socket.timeout(5000).emitWithAck("join:order", { orderId });
acks.timeoutCallback = await new Promise((resolve, reject) => {
  socket.timeout(5000).emit("join:order", { orderId }, (late, ack) => late ? reject(late) : resolve(ack));
});
acks.volatile = await new Promise((resolve) => {
  socket.volatile.emit("join:order", { orderId }, resolve);
});
acks.extra = await asked("join:order", orderId, undefined, { more: [1] }, "and more");
acks.nothing = await asked("join:order");
acks.undefined = await asked("join:order", undefined);
acks.null = await asked("join:order", null);
acks.number = await asked("join:order", 5);
acks.notANumber = await asked("join:order", NaN);
acks.binary = await asked("join:order", { orderId: new Uint8Array([1, 2, 3]) });
acks.bareBinary = await asked("join:order", Buffer.from("order"));
acks.date = await asked("join:order", { orderId: new Date(0) });
acks.halfACharacter = await asked("join:order", "\ud800");
acks.unknown = await asked("no such command", { orderId });
acks.forbidden = await asked("menu:availability", {});

socket.emit("join:order", { orderId: "nowhere", commandId: "mine" });
acks.withoutAck = (await hears(socket, "error:command")).data;
// Sent at once, answered in the order they were sent.
const order = [];
await Promise.all([0, 1, 2, 3, 4].map(async (n) => {
  await socket.emitWithAck("join:order", { orderId });
  order.push(n);
}));
done({ acks, order }, socket);
