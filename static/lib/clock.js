// The hub's time, told by its answers: a wall screen's own clock may be minutes off.

const TOLERATED = 2000; // ms; smaller differences are the network's, not the clock's

let skew = 0; // ms this machine is ahead of the hub

export function observe(at) {
  const told = typeof at === "string" ? Date.parse(at) : at;
  if (Number.isNaN(told)) return;
  const ahead = Date.now() - told;
  skew = Math.abs(ahead) > TOLERATED ? ahead : 0;
}

export function now() {
  return Date.now() - skew;
}
