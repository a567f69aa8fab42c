// Commands on their way: each has one id for life, is kept on the device, and is sent again until
// it is answered.

import { signal } from "@preact/signals-core";
import { Refused } from "./api.js";
import { newId } from "./ids.js";
import { dropTap, keepTap, tapsOf } from "./keep.js";

const PASSING = new Set(["UNAVAILABLE", "RATE_LIMITED", "INTERNAL", "TOKEN_EXPIRED"]);
const TRIES = 5;

// `owner` is whose commands these are; onKept(entry, answer) gets those of an earlier page.
export function createOutbox(socket, { owner, answerMs, onSilence, onKept }) {
  const pending = signal(0);
  const waiting = new Map(); // commandId -> entry, in the order they were tapped
  let open = false;
  let last = 0; // when the latest was tapped: no two at the same moment, so their order is kept

  const restored = tapsOf(owner).then((taps) => {
    for (const tap of taps) onKept?.(tap, take(tap.name, tap.payload));
  });

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
    dropTap(entry.payload.commandId);
    pending.value = waiting.size;
    tell();
  }

  return {
    pending,
    hold() {
      open = false;
    },
    // What an earlier page left comes first: it was tapped first.
    async flush() {
      await restored;
      open = true;
      for (const entry of waiting.values()) deliver(entry);
    },
    send(name, payload = {}) {
      const named = { ...payload, commandId: payload.commandId ?? newId() };
      last = Math.max(last + 1, Date.now());
      keepTap({ id: named.commandId, owner, at: last, name, payload: named });
      return take(name, named);
    },
  };

  function take(name, payload) {
    return new Promise((resolve, reject) => {
      const entry = { name, payload, resolve, reject, tries: 0, flying: false };
      waiting.set(payload.commandId, entry);
      pending.value = waiting.size;
      deliver(entry);
    });
  }
}
