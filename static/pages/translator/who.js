// Who talks here: the guest of the table that this tab has scanned, or a waiter at a table.

import { signal } from "@preact/signals";
import { post } from "../../lib/api.js";
import { lang } from "../../lib/i18n.js";
import { keepFresh, renew as renewStaff, session } from "../../lib/staff.js";
import { recall, remember } from "../../lib/store.js";

const CODE = "guest:code"; // as the guest's page keeps it
const AT = "talk:at"; // as the waiter's page leaves it for this tab

// {kind, sessionId, table, restaurant, name, back}
export const who = signal(null);

let token = "";
export const present = () => (who.value?.kind === "waiter" ? session.value.accessToken : token);

export async function find() {
  const at = recall(AT, sessionStorage);
  if (at && session.value) return beWaiter(at);
  if (code()) return beGuest();
  return null;
}

export const renew = () => (who.value.kind === "waiter" ? renewStaff() : scan());

export function freshen(link) {
  if (who.value.kind === "waiter") keepFresh(() => link.present());
}

const code = () => recall(CODE, sessionStorage) ?? recall(CODE);

async function beGuest() {
  const found = await scan();
  who.value = {
    kind: "guest",
    id: found.guest.id,
    sessionId: found.session.id,
    table: found.table.number,
    restaurant: found.restaurant,
    back: "/scan/here",
  };
  return who.value;
}

async function scan() {
  const key = `guest:${code()}`;
  const path = `/api/scan/${encodeURIComponent(code())}`;
  const found = await post(path, { language: lang.value }, recall(key)?.token);
  remember(key, { token: found.token });
  remember(CODE, code(), sessionStorage);
  token = found.token;
  return found;
}

function beWaiter({ sessionId, table, place }) {
  who.value = {
    kind: "waiter",
    id: session.value.user.id,
    sessionId,
    table,
    restaurant: place,
    back: "/waiter",
  };
  return who.value;
}
