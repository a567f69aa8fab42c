// The conversation: what is said, by whom, and how each reads it.

import { computed, signal } from "@preact/signals";
import { openLink } from "../../lib/client.js";
import { lang, learn, t } from "../../lib/i18n.js";
import { recall, remember } from "../../lib/store.js";
import { complain, toast } from "../../lib/ui.js";
import * as aloud from "./aloud.js";
import { settle, soFar } from "./speech.js";
import { freshen, present, renew, who } from "./who.js";

const OTHER = "talk:other";
const STILL_HERE_MS = 10_000; // the hub takes who is silent for 30 s to have gone

export const said = signal(new Map());
export const ended = signal(null);
// The language of who sits opposite, where two look at one phone.
export const other = signal(recall(OTHER) ?? null);
export const faces = signal(false);

// Who else is at this table's conversation, null until the hub has said it.
export const others = signal(null);

export let link = null;

export const messages = computed(() =>
  [...said.value.values()].sort((a, b) => a.at.localeCompare(b.at)),
);

export async function start() {
  const payload = place();
  link = openLink({
    token: present,
    renew,
    join: { name: "translate:join", payload },
    show: catchUp,
    apply: hear,
    owner: `talk:${who.value.id}`,
    onKept: (_tap, answer) => answer.catch(complain),
    onEnded: (reason) => {
      ended.value = reason;
    },
  });
  freshen(link);
  setInterval(() => link.status.value === "live" && readIn(), STILL_HERE_MS);
  // Who closes the page is gone at once; who loses the line is taken to be here for a while.
  addEventListener("pagehide", () => {
    if (link.status.value === "live") link.ask("leave", { room: `talk:${who.value.sessionId}` }).catch(() => {});
  });
}

const place = () => ({
  language: lang.value,
  ...(faces.value && other.value ? { also: [other.value] } : {}),
  ...(who.value.kind === "waiter" ? { sessionId: who.value.sessionId } : {}),
});

// Another language is read here from now on.
export async function readIn() {
  try {
    catchUp(await link.ask("translate:join", place()));
  } catch {
    // without a line: the next join says it
  }
}

export function chooseOther(code) {
  other.value = code;
  remember(OTHER, code);
  learn(code);
  readIn();
}

export const turnRound = (on) => {
  faces.value = on;
  if (on) learn(other.value);
  readIn();
};

function catchUp({ messages: known, listeners }) {
  take(known);
  hearListeners(listeners);
}

function hearListeners(listeners) {
  others.value = listeners.filter(({ id }) => id !== who.value.id);
}

function take(known) {
  const all = new Map(said.value);
  for (const message of known) all.set(message.id, message);
  said.value = all;
}

function hear(name, data) {
  if (name === "translate:message") return hearMessage(data);
  if (name === "translate:partial") return soFar(data);
  if (name === "translate:listeners") return hearListeners(data.listeners);
  if (name === "job:completed" || name === "job:failed") return settle(data);
  return undefined;
}

function hearMessage(message) {
  take([message]);
  if (message.pending) return;
  for (const code of listeners(message)) aloud.read(message, code);
}

// Who is to hear a message: those here who read another language than it was said in.
function listeners(message) {
  const mine = message.speaker.id === who.value.id && !faces.value;
  const here = faces.value && other.value ? [lang.value, other.value] : [lang.value];
  return mine ? [] : here.filter((code) => code !== message.language);
}

// A message as a reader of a language sees it: what to read large, and what was said.
export function shown(message, code) {
  const own = code === message.language;
  const text = own ? message.text : message.texts[code];
  return { text: text ?? message.text, translated: Boolean(text) && !own, own };
}

export async function say(text, language = lang.value) {
  const sessionId = who.value.sessionId;
  try {
    const { message } = await link.send("translate:text", { text, sessionId, source: language });
    take(said.value.has(message.id) ? [] : [message]);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

// Who is to answer may be in the kitchen: a waiter comes, or opens this page for the table.
export async function call() {
  try {
    await link.send("service:request", { kind: "call" });
    toast(t("service.sent.call"));
  } catch (error) {
    complain(error);
  }
}
