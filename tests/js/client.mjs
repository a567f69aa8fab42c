// What the scripts here share: connections of the official client, asked and listened to.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const SECONDS = 60;

export const given = JSON.parse(process.argv[2]);

/** Connect with a token; resolves when the hub has let us in. */
export async function connect(url, token, options = {}) {
  const socket = open(url, { token }, options);
  await within(new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  }), "connect");
  return socket;
}

export function open(url, auth, options = {}) {
  const socket = io(url, { auth, forceNew: true, reconnection: false, ...options });
  socket.heard = [];
  socket.onAny((name, data, meta, offset) => socket.heard.push({ name, data, meta, offset }));
  return socket;
}

/** Send a command and return the data of its ack. */
export async function send(socket, name, payload) {
  const ack = await socket.timeout(SECONDS * 1000).emitWithAck(name, payload);
  assert.equal(ack.ok, true, `${name}: ${JSON.stringify(ack.error)}`);
  return ack.data;
}

/** Wait for an event, past or to come. */
export async function hears(socket, name, where = () => true) {
  const find = () => socket.heard.find((event) => event.name === name && where(event.data));
  while (!find()) {
    await within(new Promise((resolve) => socket.onAny(function once() {
      socket.offAny(once);
      resolve();
    })), name);
  }
  return find();
}

export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), SECONDS * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Tell the test what came of it, and end. */
export function done(result, ...sockets) {
  for (const socket of sockets) socket.disconnect();
  process.stdout.write(JSON.stringify(result));
}
