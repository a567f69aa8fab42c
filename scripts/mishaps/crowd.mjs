// Guests' phones by the official client, as it comes: nothing is set but their transport. The first
// line we read says who they are; "cut" breaks all their connections in one moment, "report" asks
// what each has heard.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const AT_ONCE = 100; // that come in together at first
const tell = (what, more) => process.stdout.write(`${JSON.stringify([what, more])}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { urls, tokens } = JSON.parse((await lines.next()).value);
const phones = [];
let waiting = [];
let missing = 0;

/** Resolve when so many more have arrived. */
const arrivals = (count) => new Promise((resolve) => {
  missing = count;
  waiting = [resolve];
});
const arrived = (phone) => {
  phone.at = Date.now();
  missing -= 1;
  if (missing === 0) waiting.pop()();
};

function join(phone) {
  phone.socket.emit("join:table", {}, ({ ok, data, error }) => {
    if (!ok) {
      setTimeout(join, error.retryAfterMs ?? 500, phone);
      return;
    }
    phone.since = data.seq;
    for (const order of data.orders) phone.orders[order.id] = order.version;
    arrived(phone);
  });
}

function open(token, number) {
  const home = number % urls.length;
  const socket = io(urls[home], { auth: { token }, transports: ["websocket"], forceNew: true });
  const phone = { socket, ids: [], recovered: 0, at: 0, since: 0, heard: [], orders: {} };
  socket.io.on("reconnect_attempt", (tries) => {
    socket.io.uri = urls[(home + tries) % urls.length]; // as behind a balancer
  });
  socket.onAny((name, data, meta) => {
    if (!meta?.eventId) return;
    phone.heard.push(meta.seq);
    if (name.startsWith("order:")) phone.orders[data.id] = data.version;
  });
  socket.on("connect", () => {
    phone.ids.push(socket.id);
    if (socket.recovered) {
      phone.recovered += 1;
      arrived(phone);
      return;
    }
    join(phone);
  });
  phones.push(phone);
}

for (let first = 0; first < tokens.length; first += AT_ONCE) {
  const some = tokens.slice(first, first + AT_ONCE);
  const in_ = arrivals(some.length);
  some.forEach((token, number) => open(token, first + number));
  await in_;
}
tell("open", phones.length);

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  if (line === "cut") {
    const back = arrivals(phones.length);
    for (const { socket } of phones) socket.io.engine.transport.ws.terminate();
    back.then(() => tell("back", Math.max(...phones.map(({ at }) => at)) / 1000));
  } else {
    tell("report", phones.map(({ ids, recovered, since, heard, orders }) => ({
      sameId: new Set(ids).size === 1, strange: ids.length - 1 - recovered, since, heard, orders,
    })));
  }
}
process.exit(); // whoever commanded us is gone
