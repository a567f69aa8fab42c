// The hub's time, told by its answers: a wall screen's own clock may be minutes off.

import { signal } from "@preact/signals-core";

const TOLERATED = 2000; // ms; smaller differences are the network's, not the clock's

let skew = 0; // ms this machine is ahead of the hub

export function observe(at) {
  const told = typeof at === "string" ? Date.parse(at) : at;
  if (Number.isNaN(told)) return;
  const ahead = Date.now() - told;
  skew = Math.abs(ahead) > TOLERATED ? ahead : 0;
}

// Beats while a page shows how long things have waited; whoever reads it is shown anew.
const pulse = signal(0);

export function beatEvery(ms) {
  setInterval(() => {
    pulse.value += 1;
  }, ms);
}

// The time now, for something on the screen that must not stand still.
export function tickingNow() {
  return pulse.value >= 0 ? now() : 0;
}

export function now() {
  return Date.now() - skew;
}
