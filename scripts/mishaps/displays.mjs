// Displays by the official client, as its documentation has it: they reconnect by themselves, and
// where that did not recover them they join again with the last seq they saw. They say what they
// have shown. Each line we write is what happened to one of them; each line we read is how far the
// clock of this machine has jumped.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const RealDate = Date;
let jumped = 0;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length ? args : [RealDate.now() + jumped]));
  }
  static now() {
    return RealDate.now() + jumped;
  }
};
createInterface({ input: process.stdin })
  .on("line", (milliseconds) => {
    jumped = Number(milliseconds);
  })
  .on("close", () => process.exit()); // whoever commanded us is gone

const SHOWN_MILLISECONDS = 250;
const AGAIN_MILLISECONDS = 500;

JSON.parse(process.argv[2]).forEach(({ urls, token, join, payload }, number) => {
  const tell = (what, ...more) => process.stdout.write(`${JSON.stringify([number, what, ...more])}\n`);
  const socket = io(urls[0], {
    auth: { token }, transports: ["websocket"], forceNew: true,
    reconnectionDelay: 100, reconnectionDelayMax: 1000, timeout: 5000,
  });
  let seen;
  const saw = (seq) => {
    seen = Math.max(seen ?? 0, seq);
  };
  // What a balancer does: the next try lands on another node.
  socket.io.on("reconnect_attempt", (tries) => {
    socket.io.uri = urls[tries % urls.length];
  });
  socket.onAny((name, data, meta) => {
    if (meta?.seq !== undefined && seen !== undefined) saw(meta.seq);
    tell("event", name, data, meta ?? {});
  });
  setInterval(() => {
    if (socket.connected && seen !== undefined) {
      socket.emit("display:ack", { restaurantId: payload.restaurantId, seq: seen });
    }
  }, SHOWN_MILLISECONDS);
  const enter = () => {
    const since = seen;
    socket.emit(join, since === undefined ? payload : { ...payload, since }, (ack) => {
      if (!ack.ok) {
        setTimeout(enter, AGAIN_MILLISECONDS);
        return;
      }
      saw(ack.data.seq);
      tell("joined", since ?? null, ack.data);
    });
  };
  socket.on("connect", () => {
    if (socket.recovered) tell("recovered");
    else enter();
  });
});
