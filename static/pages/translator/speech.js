// Speaking: a recording goes to the hub while it is made, and comes back as words.

import { signal } from "@preact/signals";
import { has, lang, t } from "../../lib/i18n.js";
import { newId } from "../../lib/ids.js";
import { canListen, listen } from "../../lib/microphone.js";
import { complain, toast } from "../../lib/ui.js";
import { link } from "./talk.js";
import { who } from "./who.js";

const TRIES = 5;
const AGAIN_MS = 1000;
const MOST_MS = 55_000; // a recording may last a minute

export const speaking = signal(null); // {voiceId, language, order, state: asks, records, thinks}
export const partial = signal("");
export const level = signal(0);
export const unsure = signal(null); // {text, language}: to be looked at by who said it
export const proposal = signal(null); // {text, proposal, speech}

const waiting = new Map(); // jobId -> what to do with its end

let stop = null;

export async function begin({ language = lang.value, order = false } = {}) {
  if (speaking.value) return;
  if (!canListen()) return toast(t("talk.noMicrophone"), { kind: "bad" });
  const mine = { voiceId: newId(), language, order, state: "asks" };
  speaking.value = mine;
  partial.value = "";
  const parts = createSender(mine);
  try {
    stop = await listen({ onPiece: parts.add, onLevel: (now) => (level.value = now) });
  } catch {
    speaking.value = null;
    return toast(t("talk.noMicrophone"), { kind: "bad" });
  }
  if (speaking.value?.ended) return finish(parts);
  speaking.value = { ...mine, state: "records", parts };
  mine.timer = setTimeout(end, MOST_MS);
  return undefined;
}

export function end() {
  const now = speaking.value;
  if (now?.state === "asks") speaking.value = { ...now, ended: true };
  if (now?.state === "records") finish(now.parts);
}

async function finish(parts) {
  speaking.value = { ...speaking.value, state: "thinks" };
  level.value = 0;
  const last = await stop();
  try {
    understand(await parts.close(last));
  } catch (error) {
    const key = `talk.error.${error.code}`;
    if (has(key)) toast(t(key), { kind: "bad" });
    else complain(error);
  }
  speaking.value = null;
  partial.value = "";
}

// Parts go out in order, one at a time, and again after a line was lost: each is taken once.
function createSender({ voiceId, language, order }) {
  const about = { voiceId, language, ...(order ? { order, speak: true } : {}) };
  if (!order) about.sessionId = who.value.sessionId;
  const done = deferred();
  done.promise.catch(() => {}); // close() tells of it
  let part = 0;
  let chain = Promise.resolve();

  async function send(audio, last) {
    const payload = { ...about, part: part++, audio, last };
    if (who.value.kind === "waiter") payload.restaurantId = who.value.restaurant.id;
    for (let tries = 0; ; tries += 1) {
      try {
        const { jobId } = await link.ask("translate:voice", payload);
        if (jobId) waiting.set(jobId, done);
        return;
      } catch (error) {
        if (error.code || tries === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  function queue(audio, last) {
    chain = chain.then(() => send(audio, last));
    chain.catch(done.reject);
  }

  return {
    add: (audio) => queue(audio, false),
    close(audio) {
      queue(audio, true);
      return done.promise;
    },
  };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

// Waits for the end of a job; its result, or its error.
export function ending(jobId) {
  const made = deferred();
  waiting.set(jobId, made);
  return made.promise;
}

export function settle({ jobId, result, error }) {
  const made = waiting.get(jobId);
  waiting.delete(jobId);
  if (error) made?.reject(error);
  else made?.resolve(result);
}

export function soFar({ voiceId, text }) {
  if (voiceId === speaking.value?.voiceId) partial.value = text;
}

function understand(heard) {
  if (!heard.text) return toast(t("talk.nothingHeard"));
  if (heard.proposal) {
    proposal.value = heard;
    return undefined;
  }
  if (!heard.said) unsure.value = { text: heard.text, language: heard.language };
  return undefined;
}
