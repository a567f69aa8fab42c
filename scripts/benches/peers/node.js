// Node's socket.io with its defaults (ws below it); with REDIS_URL, on the adapter that ADAPTER names.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { createAdapter as createPubSub } from "@socket.io/redis-adapter";
import { createAdapter as createStreams } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [name, data, ...more] = JSON.parse(process.argv[2]);
const TICK = 1;

const ADAPTERS = {
  redis: async (client) => createPubSub(client, await client.duplicate().connect()),
  streams: async (client) => createStreams(client),
};

const options = {};
if (process.env.REDIS_URL) {
  const client = await createClient({ url: process.env.REDIS_URL }).connect();
  options.adapter = await ADAPTERS[process.env.ADAPTER](client);
}

const http = createServer();
const io = new Server(http, options);
let sessions = 0;

io.on("connection", (socket) => {
  sessions += 1;
  socket.on("disconnect", () => (sessions -= 1));
  socket.on("join", async (room, ack) => {
    await socket.join(room);
    ack();
  });
});

// In microseconds of a clock that all processes share.
const mark = () => Number(process.hrtime.bigint() / 1000n);

async function burst(rooms, events, perTurn) {
  let sent = 0;
  for (let event = 0; event < events; event += 1) {
    for (let room = 0; room < rooms; room += 1) {
      io.to(`room-${room}`).emit(name, data, ...more);
      sent += 1;
      if (sent % perTurn === 0) await turn();
    }
  }
}

async function publish(first, rooms, events, perSecond) {
  const began = performance.now();
  for (let event = 0; event < events; event += 1) {
    const wait = perSecond ? began + (event * 1000) / perSecond - performance.now() : 0;
    if (wait > 0) await sleep(wait);
    else await turn();
    io.to(`room-${first + (event % rooms)}`).emit(name, { ...data, mark: mark() }, ...more);
  }
}

// Each tick that comes late tells how long the loop's turn took.
const probe = { blocked: 0, longest: 0, timer: null };

function tick() {
  const due = performance.now() + TICK;
  probe.timer = setTimeout(() => {
    const late = performance.now() - due;
    if (late > TICK) {
      probe.blocked += late;
      probe.longest = Math.max(probe.longest, late);
    }
    tick();
  }, TICK);
}

function startProbe() {
  Object.assign(probe, { blocked: 0, longest: 0 });
  tick();
}

function stopProbe() {
  clearTimeout(probe.timer);
  return [probe.blocked, probe.longest, 0].map((ms) => Math.round(ms * 1000)).join(" ");
}

const COMMANDS = {
  sessions: () => sessions,
  burst,
  publish,
  probe: startProbe,
  probed: stopProbe,
};

http.listen(0, "127.0.0.1", () => console.log("ready", http.address().port));
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...numbers] = line.split(" ");
  console.log(command, await COMMANDS[command](...numbers.map(Number)));
}
process.exit();
