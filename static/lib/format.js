// Money and time as the reader writes them.

import { tickingNow } from "./clock.js";
import { lang, rtl } from "./i18n.js";

// ISO 4217 minor units other than 2. Intl's own idea of decimals is about display and differs.
const EXPONENTS = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0,
  UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
};

const made = new Map(); // a phone needs half a millisecond to make one of Intl's

function intl(Kind, options = {}) {
  const key = `${Kind.name} ${lang.value} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Kind(lang.value, options));
  return made.get(key);
}

export function exponent(currency) {
  return EXPONENTS[currency] ?? 2;
}

let written = {}; // amounts that came with the page, by their language and currency

// A phone's first amount takes it as long as all the rest of a menu.
export function learnPrices(language, currency, texts) {
  written = { [`${language} ${currency}`]: texts };
}

export function money(amount, currency, { sign = false } = {}) {
  const known = !sign && written[`${lang.value} ${currency}`]?.[amount];
  if (known) return known;
  const digits = exponent(currency);
  const format = intl(Intl.NumberFormat, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: sign ? "exceptZero" : "auto",
  });
  const whole = amount / 10 ** digits;
  return rtl.value ? isolated(format.formatToParts(whole)) : format.format(whole);
}

// Among Arabic letters "US$" would be turned round, and so would an amount with its neighbours.
const [LEFT_TO_RIGHT, BY_ITSELF, END] = ["\u2066", "\u2068", "\u2069"];

function isolated(parts) {
  const texts = parts.map(({ type, value }) =>
    type === "currency" ? `${LEFT_TO_RIGHT}${value}${END}` : value,
  );
  return `${BY_ITSELF}${texts.join("")}${END}`;
}

export function number(value) {
  return intl(Intl.NumberFormat).format(value);
}

// An amount as a form's field holds it, and back; null for what is none.
export function decimal(amount, currency) {
  const digits = exponent(currency);
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return intl(Intl.NumberFormat, style).format(amount / 10 ** digits);
}

export function amountOf(text, currency) {
  const plain = text
    .trim()
    .replace(/[\u0660-\u0669]/g, (digit) => digit.codePointAt(0) - 0x0660)
    .replace(/[\u200e\u200f\u061c]/g, "") // how Arabic keeps a minus where it belongs
    .replace("\u2212", "-")
    .replace(/[,\u066b]/, ".");
  if (!/^-?\d+(\.\d+)?$/.test(plain)) return null;
  return Math.round(Number(plain) * 10 ** exponent(currency));
}

export function percent(value) {
  const style = { style: "percent", maximumFractionDigits: 2 };
  return intl(Intl.NumberFormat, style).format(value / 100);
}

export function day(date, options = { day: "numeric", month: "short" }) {
  const at = new Date(`${date}T12:00:00Z`);
  return intl(Intl.DateTimeFormat, { ...options, timeZone: "UTC" }).format(at);
}

export function time(at) {
  return format(at, { hour: "2-digit", minute: "2-digit" });
}

export function timeToTheSecond(at) {
  return format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function list(words) {
  return intl(Intl.ListFormat, { type: "conjunction" }).format(words);
}

// Whole minutes since a moment of the hub's clock, never below zero.
export function minutesSince(at) {
  return Math.max(0, Math.floor((tickingNow() - Date.parse(at)) / 60_000));
}

export function secondsSince(at) {
  return Math.max(0, Math.floor((tickingNow() - Date.parse(at)) / 1000));
}

// 4:07, as a kitchen timer shows it; from an hour on 1:04:07.
export function elapsed(seconds) {
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

function format(at, options) {
  return intl(Intl.DateTimeFormat, { ...options, hourCycle: "h23" }).format(new Date(at));
}
