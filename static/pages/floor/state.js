// The floor's own state: which table is open, which is being moved, and where tables stand.

import { computed, signal } from "@preact/signals";
import { minutesSince, money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { chief, user } from "../../lib/staff.js";
import { cellsFor, isCalling, layOut, settledAt, stateOf, totalOf, unpaidOf } from "../../lib/tables.js";
import { toast } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import * as floor from "../waiter/floor.js";

export const open = signal(null); // id of the table whose sheet is open
export const moving = signal(null); // id of the table whose party looks for another
export const pointed = signal(null); // id of the table that is looked at in the list
export const arranging = signal(null); // id -> {x, y} while a manager puts tables in place

export const canServe = computed(() => user.value?.role !== "expo");
export const canArrange = chief;

export const room = signal({ width: innerWidth, height: innerHeight }); // px that the map has

const cells = computed(() => cellsFor(room.value));

export const spots = computed(() => arranging.value ?? layOut(floor.tables.value, cells.value));

// What a table shows, everywhere the same.
export const shown = computed(() => {
  const orders = group(floor.orders.value);
  const requests = group(floor.requests.value);
  return floor.tables.value.map((table) => {
    const own = orders.get(table.id) ?? [];
    const asked = requests.get(table.id) ?? [];
    return {
      table,
      state: stateOf(table, own, asked),
      calling: isCalling(asked),
      total: settledAt(table) + totalOf(own),
      unpaid: unpaidOf(own),
      currency: own[0]?.currency ?? floor.menu.currency(),
      since: table.seatedAt ?? own[0]?.createdAt ?? null,
    };
  });
});

export const of = (id) => shown.value.find(({ table }) => table.id === id);

export const minutesOf = ({ since }) => (since ? minutesSince(since) : null);
export function totalText({ total, unpaid, currency }) {
  if (total === 0) return "";
  return unpaid === 0 ? t("tableState.paid") : money(total, currency);
}

// One sentence for a reader who does not see the map.
export function spoken(each) {
  const minutes = minutesOf(each);
  return [
    t("table", { number: each.table.number }),
    t(`tableState.${each.state}`),
    each.calling && t("tableState.calling"),
    minutes !== null && t("minutes", { count: minutes }),
    totalText(each),
  ]
    .filter(Boolean)
    .join(", ");
}

// Asks before a party is moved, or joined with another.
export async function confirmMove(from, to) {
  moving.value = null;
  if (!from?.sessionId || !to || from.id === to.id) return;
  const title = t(to.sessionId ? "floor.merge" : "floor.move", { from: from.number, to: to.number });
  const subtitle = t(to.sessionId ? "floor.mergeText" : "floor.moveText", { to: to.number });
  if ((await ask({ title, subtitle, confirm: t("floor.doMove") })) === null) return;
  const done = await floor.moveParty(from, to);
  if (done) toast(t("floor.moved", { from: from.number, to: to.number }));
}

export function arrange() {
  arranging.value = new Map(spots.value);
}

export function put(id, x, y) {
  const fit = (cell) => Math.max(0, Math.min(199, Math.round(cell)));
  arranging.value = new Map(arranging.value).set(id, { x: fit(x), y: fit(y) });
}

export async function keep() {
  const tables = [...arranging.value].map(([id, spot]) => ({ id, ...spot }));
  if (!(await floor.arrange(tables))) return;
  floor.tables.value = floor.tables.value.map((table) => ({
    ...table,
    ...arranging.value.get(table.id),
  }));
  arranging.value = null;
  toast(t("floor.kept"));
}

function group(things) {
  const groups = new Map();
  for (const each of things.values()) {
    groups.set(each.tableId, [...(groups.get(each.tableId) ?? []), each]);
  }
  return groups;
}
