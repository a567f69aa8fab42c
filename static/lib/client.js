// The one live connection of a page: signs in, joins, resumes where it was, and keeps the taps.

import { signal } from "@preact/signals-core";
import { io } from "socket.io-client";
import { Refused } from "./api.js";
import { observe } from "./clock.js";
import { createFeed } from "./feed.js";
import { createOutbox } from "./outbox.js";

const ANSWER_MS = 6000; // past this the link counts as dead, whatever the socket believes
const SETTLE_MS = 400; // missed events follow the answer to a join at once; this is ample
const ENDED = new Set(["SESSION_CLOSED", "SESSION_EXPIRED", "NOT_FOUND", "FORBIDDEN"]);

// token() is the present token; renew() gets another or throws; join is {name, payload}; owner is
// whose taps are kept, and onKept(tap, answer) gets those of an earlier page. `picture` is what the
// page shows already, {seq, at}: what has happened since will follow.
export function openLink({ token, renew, join, show, apply, owner, picture, onKept, onJoined, onSettled, onEnded }) {
  const status = signal("connecting"); // connecting, live, lost, ended
  const lostAt = signal(picture ? Date.now() : null);
  const seq = signal(picture?.seq ?? null);
  const lag = signal(null); // ms from a question to its answer
  let heardAt = picture?.at ?? Date.now();
  let renewing = false;

  const socket = io({
    auth: (done) => done({ token: token() }),
    transports: ["websocket", "polling"],
    reconnectionDelay: 300,
    reconnectionDelayMax: 4000,
    timeout: 8000,
  });
  const feed = createFeed({ show, apply, restart: () => enter(true), from: picture?.seq });
  const outbox = createOutbox(socket, { owner, answerMs: ANSWER_MS, onSilence: kick, onKept });

  socket.on("connect", () => {
    socket.io.engine.on("packet", heard);
    heard();
    // A recovered socket kept its rooms, and what it missed is being sent already.
    if (socket.recovered && feed.seq !== null) live();
    else enter(false);
  });
  socket.on("disconnect", (reason) => {
    lost();
    // The library does not come back by itself from a server's goodbye.
    if (reason === "io server disconnect") setTimeout(again, 300);
  });
  socket.on("connect_error", (error) => {
    lost();
    // An error without data is the network's: the library tries again by itself.
    if (error.data?.code) refused(error.data.code);
  });
  socket.onAny((name, ...args) => {
    if (name === "auth:expired") refused("TOKEN_EXPIRED");
    else if (name === "server:draining") setTimeout(kick, args[0]?.reconnectInMs ?? 500);
    else heardEvent(name, args[0], args[1]);
  });

  function heardEvent(name, data, meta) {
    if (meta?.at && !meta.replay && name !== "orders:pending") observe(meta.at);
    feed.hear(name, data, meta);
    seq.value = feed.seq;
  }

  async function enter(fresh) {
    const since = fresh ? null : feed.seq;
    feed.joining();
    const payload = since === null ? join.payload : { ...join.payload, since };
    let ack;
    try {
      ack = await socket.timeout(ANSWER_MS).emitWithAck(join.name, payload);
    } catch {
      return kick();
    }
    if (!ack.ok) return refused(ack.error.code);
    feed.joined(ack.data, since);
    onJoined?.(ack.data);
    seq.value = feed.seq;
    live();
  }

  function live() {
    status.value = "live";
    const away = lostAt.value === null ? 0 : Date.now() - lostAt.value;
    lostAt.value = null;
    outbox.flush();
    setTimeout(() => onSettled?.(away), SETTLE_MS);
  }

  function lost() {
    outbox.hold();
    if (status.value === "ended") return;
    status.value = status.value === "connecting" ? "connecting" : "lost";
    lostAt.value ??= Date.now();
  }

  async function refused(code) {
    if (ENDED.has(code)) return end(code);
    if (code !== "TOKEN_EXPIRED" && code !== "UNAUTHORIZED") return setTimeout(again, 2000);
    if (renewing) return;
    renewing = true;
    try {
      await renew(code);
      if (socket.connected) await present();
      else socket.connect();
    } catch (error) {
      if (error.code === "OFFLINE" || error.code === "UNAVAILABLE") setTimeout(again, 2000);
      else end(error.code ?? code);
    } finally {
      renewing = false;
    }
  }

  // Show the server the renewed token without leaving.
  async function present() {
    const ack = await socket.timeout(ANSWER_MS).emitWithAck("auth:refresh", { token: token() });
    if (!ack.ok) throw new Refused(ack.error);
  }

  function again() {
    if (status.value === "ended") return;
    if (socket.connected) enter(false);
    else socket.connect();
  }

  function end(code) {
    close();
    onEnded?.(code);
  }

  function close() {
    status.value = "ended";
    socket.disconnect();
  }

  // Drop a connection that looks dead; the library then makes another, and recovers by itself.
  function kick() {
    if (socket.connected) socket.io.engine?.close();
  }

  function heard() {
    heardAt = Date.now();
  }

  globalThis.addEventListener?.("offline", () => kick());
  globalThis.addEventListener?.("online", () => socket.connected || socket.connect());

  return {
    status,
    lostAt,
    seq,
    lag,
    pending: outbox.pending,
    heardAt: () => heardAt,
    send: outbox.send,
    // Asks once, and keeps nothing: what is said aloud is not to be said again tomorrow.
    async ask(name, payload) {
      const ack = await socket.timeout(ANSWER_MS).emitWithAck(name, payload);
      if (!ack.ok) throw new Refused(ack.error);
      return ack.data;
    },
    present: () => (socket.connected ? present() : null),
    // Asks for any answer at all: silence means that the line is dead.
    beat(name, payload) {
      if (status.value !== "live") return;
      const asked = performance.now();
      const heardBack = () => (lag.value = Math.round(performance.now() - asked));
      socket.timeout(ANSWER_MS).emitWithAck(name, payload).then(heardBack, kick);
    },
    close,
  };
}
