// Reading out: texts come from the hub as sound, one after the other.

import { signal } from "@preact/signals";
import { ask } from "../../lib/api.js";
import { recall, remember } from "../../lib/store.js";
import { ending } from "./speech.js";
import { link, shown } from "./talk.js";
import { present, who } from "./who.js";

const KEY = "talk:aloud";

export const on = signal(recall(KEY) ?? true);
export const playing = signal(null); // the id of a message

let context = null;
let queue = Promise.resolve();

// A browser makes no sound before somebody has tapped.
export function wake() {
  context ??= new AudioContext();
  context.resume();
}

export function toggle() {
  on.value = !on.value;
  remember(KEY, on.value);
  wake();
}

export function read(message, code) {
  if (on.value && context?.state === "running") say(message, code);
}

export function say(message, code) {
  wake();
  const { text, translated, own } = shown(message, code);
  if (!translated && !own) return;
  queue = queue.then(() => speak(message.id, text, code)).catch(() => {}); // it can be read
}

async function speak(id, text, code) {
  const asked = { text, source: code, target: code, speak: true, restaurantId: who.value.restaurant.id };
  const { jobId } = await link.ask("translate:text", asked);
  const { speech } = await ending(jobId);
  if (speech) await play(speech.url, id);
}

export async function play(url, id) {
  wake();
  const answer = await ask("GET", url, { token: present(), accept: "audio/wav" });
  const sound = await context.decodeAudioData(await answer.arrayBuffer());
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  playing.value = id;
  await new Promise((resolve) => {
    source.onended = resolve;
    source.start();
  });
  playing.value = null;
}
