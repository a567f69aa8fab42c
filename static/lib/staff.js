// Who of the staff is signed in on this page, and for how long.

import { computed, signal } from "@preact/signals-core";
import { post } from "./api.js";
import { forget, recall, remember } from "./store.js";

// Kitchen and waiter pages may be open side by side, each with its own person.
const PAGE = location.pathname.split("/")[1];
// Who translates is at a table as a waiter.
const KEY = `staff:${PAGE === "translator" ? "waiter" : PAGE}`;
const DEVICE = "device";
const EARLY = 60_000; // ms before the end: time for a few tries on a bad network
const CHIEFS = ["manager", "admin"];

export const session = signal(recall(KEY));
export const user = computed(() => session.value?.user ?? null);
export const chief = computed(() => CHIEFS.includes(user.value?.role));
export const place = signal(null); // the restaurant worked for: {id, name}
export const device = signal(recall(DEVICE));

export async function signIn(email, password) {
  keep(await post("/api/auth/login", { email, password }));
}

export async function signInByPin(pin) {
  keep(await post("/api/auth/pin", { deviceToken: device.value.token, pin }));
}

export async function signOut() {
  const token = session.value?.accessToken;
  drop();
  if (token) await post("/api/auth/logout", {}, token).catch(() => {});
}

export async function pair(name) {
  const path = `/api/restaurants/${place.value.id}/devices`;
  const { id, deviceToken } = await post(path, { name }, session.value.accessToken);
  device.value = { id, token: deviceToken, place: place.value.name };
  remember(DEVICE, device.value);
}

// A refresh token is good for one use, so two tabs must not spend the same one.
export async function renew() {
  const spent = session.value?.refreshToken;
  await alone(async () => {
    const stored = recall(KEY);
    if (stored && stored.refreshToken !== spent && stored.expiresAt > Date.now() + EARLY) {
      session.value = stored;
    } else {
      keep(await post("/api/auth/refresh", { refreshToken: spent }));
    }
  });
}

// Renews before the end comes; then() is called with each new token.
export function keepFresh(then) {
  let timer;
  const plan = () => {
    const wait = Math.max(5_000, session.value.expiresAt - Date.now() - EARLY);
    timer = setTimeout(async () => {
      if (!session.value) return;
      await renew()
        .then(then)
        .catch(() => {}); // the link asks for another when the hub says that it has expired
      if (session.value) plan();
    }, wait);
  };
  plan();
  return () => clearTimeout(timer);
}

// Does a thing that may fail for want of a network until it is done, or no longer wanted.
export async function persist(work, unwanted) {
  while (!unwanted()) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  return null;
}

export function drop() {
  forget(KEY);
  session.value = null;
  place.value = null;
}

function keep({ accessToken, refreshToken, expiresIn, user: who }) {
  const expiresAt = Date.now() + expiresIn * 1000;
  session.value = { accessToken, refreshToken, expiresAt, user: who };
  remember(KEY, session.value);
}

// navigator.locks is missing on plain http; one tab is the rule there.
function alone(work) {
  return navigator.locks ? navigator.locks.request(KEY, work) : work();
}
