// Sounds made on the spot. A browser stays silent until somebody has tapped the page.

import { signal } from "@preact/signals-core";

// Frequencies in Hz, each for `step` seconds: four that a busy room can tell apart.
const TUNES = {
  order: { notes: [660, 880], step: 0.16 },
  rush: { notes: [880, 880, 880], step: 0.11 },
  changed: { notes: [520, 390], step: 0.14 },
  ready: { notes: [784, 988, 1175], step: 0.13 },
  alarm: { notes: [440, 330, 440, 330], step: 0.25 },
};
const LOUDNESS = 0.25;

export const audible = signal(false);

let context = null;

export async function wake() {
  context ??= new AudioContext();
  context.onstatechange = () => {
    audible.value = context.state === "running";
  };
  await context.resume();
  audible.value = context.state === "running";
}

export function play(name) {
  if (context?.state !== "running") return;
  const { notes, step } = TUNES[name];
  notes.forEach((note, index) => beep(note, context.currentTime + index * step, step));
}

export function buzz(pattern = [200, 100, 200]) {
  // A browser that was not touched yet refuses, and complains of it.
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern);
}

function beep(frequency, at, length) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = frequency;
  tone.type = "triangle";
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015);
  volume.gain.linearRampToValueAtTime(0, at + length);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + length);
}
