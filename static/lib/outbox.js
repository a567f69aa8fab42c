// Commands on their way: each has one id for life, and is sent again until it is answered.

import { signal } from "@preact/signals-core";
import { Refused } from "./api.js";
import { newId } from "./ids.js";

const PASSING = new Set(["UNAVAILABLE", "RATE_LIMITED", "INTERNAL", "TOKEN_EXPIRED"]);
const TRIES = 5;

export function createOutbox(socket, answerMs, onSilence) {
  const pending = signal(0);
  const waiting = new Map(); // commandId -> entry, in the order they were tapped
  let open = false;

  async function deliver(entry) {
    if (!open || entry.flying) return;
    entry.flying = true;
    let ack;
    try {
      ack = await socket.timeout(answerMs).emitWithAck(entry.name, entry.payload);
    } catch {
      if (socket.connected && open) onSilence();
      return;
    } finally {
      entry.flying = false;
    }
    settle(entry, ack);
  }

  function settle(entry, ack) {
    if (ack.ok) return done(entry, () => entry.resolve(ack.data));
    if (PASSING.has(ack.error.code) && ++entry.tries < TRIES) {
      const wait = ack.error.retryAfterMs ?? 500 * 2 ** entry.tries;
      return setTimeout(() => deliver(entry), wait);
    }
    done(entry, () => entry.reject(new Refused(ack.error)));
  }

  function done(entry, tell) {
    waiting.delete(entry.payload.commandId);
    pending.value = waiting.size;
    tell();
  }

  return {
    pending,
    hold() {
      open = false;
    },
    flush() {
      open = true;
      for (const entry of waiting.values()) deliver(entry);
    },
    send(name, payload = {}) {
      return new Promise((resolve, reject) => {
        const named = { ...payload, commandId: payload.commandId ?? newId() };
        const entry = { name, payload: named, resolve, reject, tries: 0, flying: false };
        waiting.set(named.commandId, entry);
        pending.value = waiting.size;
        deliver(entry);
      });
    },
  };
}
