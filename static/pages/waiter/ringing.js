// Rings on while somebody waits for an answer: once is easily missed by a phone in a pocket.

import { effect } from "@preact/signals";
import { buzz, play } from "../../lib/sound.js";

const AGAIN_MS = 20_000;

export function ring(tune) {
  buzz();
  play(tune);
}

// From when the last call came or was answered, until none is left; returns what stops it.
export function ringWhile(unanswered) {
  return effect(() => {
    if (!unanswered.value) return undefined;
    const timer = setInterval(() => ring("ready"), AGAIN_MS);
    return () => clearInterval(timer);
  });
}
