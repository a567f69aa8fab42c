// The order that a waiter is taking: it outlives a reload, until it is sent.

import { effect, signal } from "@preact/signals";
import { user } from "../../lib/staff.js";
import { recall, remember } from "../../lib/store.js";

const KEY = "waiter:draft";

let whose = user.value?.id;
const kept = recall(KEY);
const own = whose && kept?.who === whose ? kept : null;

export const table = signal(own?.table ?? null); // id of the table whose order is being taken
export const lines = signal(own?.lines ?? []); // {id, quantity, modifiers, note}; id is the dish's
export const sending = signal(null); // the lines that wait for their answer

effect(() => {
  const who = user.value?.id;
  if (who && whose && who !== whose) [table.value, lines.value] = [null, []];
  whose = who ?? whose;
  remember(KEY, { who: whose, table: table.value, lines: lines.value });
});

// Sends them by place(lines), which keeps them safe from then on; comes back with the order, or with
// null when it was refused, and then the lines are there again.
export async function send(place) {
  const going = lines.value;
  const placing = place(going);
  [sending.value, lines.value] = [going, []];
  const placed = await placing;
  if (!placed) lines.value = [...going, ...lines.value];
  if (sending.value === going) sending.value = null;
  return placed;
}
