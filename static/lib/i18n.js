// The words of the page in the reader's language; in English where we have none in theirs.

import { computed, signal } from "@preact/signals-core";
import { recall, remember } from "./store.js";

export const TRANSLATED = ["en", "ru", "de", "ja", "ar"];
// Guest, cook and waiter may share a browser, each with their own language.
const PAGE = location.pathname.split("/")[1];
const KEY = `lang:${PAGE}`;
const YEAR = 365 * 24 * 3600; // s
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

export const lang = signal("en");
export const rtl = computed(() => RIGHT_TO_LEFT.has(lang.value));

const texts = signal({});
const learned = signal({}); // texts by language, beside the reader's own
const folders = [""]; // of texts: what all pages say, and what is one page's own

// A page with many words of its own keeps them apart, so that no guest has to fetch them.
export function alsoSpeak(folder) {
  folders.push(`${folder}/`);
}

export async function speak(wanted, { keep = false } = {}) {
  const base = wanted.split("-")[0];
  texts.value = (await load(base)) ?? (await load("en"));
  lang.value = base;
  document.documentElement.lang = base;
  document.documentElement.dir = RIGHT_TO_LEFT.has(base) ? "rtl" : "ltr";
  if (!keep) return;
  remember(KEY, base);
  // The hub draws the page of whoever comes again, and cannot look into this browser's memory.
  document.cookie = `lang-${PAGE}=${base}; path=/${PAGE}; max-age=${YEAR}; samesite=lax`;
}

export const chosen = () => recall(KEY);

// The reader's own choice, else the first of the phone's languages that we have.
export function preferred(available = TRANSLATED) {
  const wishes = [chosen(), ...(navigator.languages ?? [])].filter(Boolean);
  const known = wishes.map((wish) => wish.split("-")[0]);
  return known.find((wish) => available.includes(wish)) ?? available[0] ?? "en";
}

export const t = (key, values = {}) => worded(texts.value, lang.value, key, values);

// For somebody else who looks at this screen, once their words are learned.
export function tIn(code, key, values = {}) {
  const theirs = learned.value[code];
  return theirs ? worded(theirs, code, key, values) : t(key, values);
}

export async function learn(code) {
  const theirs = await load(code);
  learned.value = { ...learned.value, [code]: theirs };
}

function worded(known, code, key, values) {
  let text = known[key] ?? key;
  if (typeof text === "object") text = text[plural(code, values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const has = (key) => key in texts.value;

// A language's name in that language: its speaker must find it in a list they cannot read.
export function nameOf(code) {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

// A text kept in many languages, for this reader.
export function pick(byLang, fallback = "") {
  return byLang?.[lang.value] ?? (fallback || byLang?.en || Object.values(byLang ?? {})[0] || "");
}

const rules = new Map(); // of plurals, by language

function plural(code, count) {
  if (!rules.has(code)) rules.set(code, new Intl.PluralRules(code));
  return rules.get(code).select(count ?? 0);
}

async function load(code) {
  if (!TRANSLATED.includes(code)) return null;
  const parts = folders.map(async (folder) => {
    const answer = await fetch(new URL(`../i18n/${folder}${code}.json`, import.meta.url));
    return answer.ok ? answer.json() : {};
  });
  return Object.assign({}, ...(await Promise.all(parts)));
}
