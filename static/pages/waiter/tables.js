// The second tab: every table and how it is doing; a tap opens what it has ordered.

import { useState } from "preact/hooks";
import { minutesSince, money, time } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { byZone, settledAt, totalOf, unpaidOf } from "../../lib/tables.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import { ask, askReason } from "../../parts/asker.js";
import { Noted } from "../../parts/note.js";
import * as floor from "./floor.js";

const ICONS = {
  free: "table", seated: "user", ordering: "list", waiting: "clock", ready: "check",
  eating: "fork", calling: "bell", bill: "bill", dirty: "wipe",
};

export function TablesTab({ onOrder }) {
  const [open, setOpen] = useState(null);
  const zones = byZone(floor.tables.value);
  const table = floor.tables.value.find((each) => each.id === open);
  return html`
    ${[...zones].map(
      ([zone, list]) => html`<section class="zone" key=${zone}>
        ${zone && html`<h2>${zone}</h2>`}
        <div class="table-grid">
          ${list.map((each) => html`<${Table} table=${each} onOpen=${() => setOpen(each.id)} />`)}
        </div>
      </section>`,
    )}
    ${table &&
    html`<${TableSheet}
      table=${table}
      onClose=${() => setOpen(null)}
      onOrder=${() => {
        setOpen(null);
        onOrder(table.id);
      }}
    />`}
  `;
}

function Table({ table, onOpen }) {
  const state = floor.stateOf(table);
  const list = floor.ordersAt(table.id);
  const since = table.seatedAt ?? list[0]?.createdAt;
  const minutes = since ? minutesSince(since) : null;
  return html`<button class=${`table-card t-${state}`} data-table=${table.number} onClick=${onOpen}>
    <span class="table-number">${table.number}</span>
    <span class="table-state"><${Icon} name=${ICONS[state]} /> ${t(`tableState.${state}`)}</span>
    ${minutes !== null && html`<span class="table-time">${t("minutes", { count: minutes })}</span>`}
  </button>`;
}

function TableSheet({ table, onClose, onOrder }) {
  const [billing, setBilling] = useState(null);
  const list = floor.ordersAt(table.id);
  const bill = async () => {
    const [{ BillSheet }, { prepare }] = await Promise.all([
      import("../pay/bill.js"),
      import("../pay/looks.js"),
    ]);
    await prepare();
    setBilling({ BillSheet });
  };
  if (billing) {
    return html`<${billing.BillSheet} table=${table} onClose=${() => setBilling(null)} />`;
  }
  const open = unpaidOf(list);
  const had = settledAt(table);
  const close = async () => {
    const sure = await ask({
      title: t("waiter.closeTable"),
      subtitle: open > 0 ? t("waiter.closeUnpaid", { amount: money(open, list[0].currency) }) : t("waiter.closeText"),
      confirm: t("waiter.closeTable"),
    });
    if (sure !== null && (await floor.closeTable(table))) onClose();
  };
  const footer = html`
    <button class="button primary grow" onClick=${onOrder}>
      <${Icon} name="plus" /> <span class="grow start">${t("waiter.newOrder")}</span>
    </button>
  `;
  return html`<${Sheet}
    title=${t("table", { number: table.number })}
    subtitle=${t(`tableState.${floor.stateOf(table)}`)}
    footer=${footer}
    onClose=${onClose}
  >
    ${list.length + had === 0 && html`<p class="empty">${t("orders.none")}</p>`}
    ${list.map((order) => html`<${Order} key=${order.id} order=${order} />`)}
    ${list.length + had > 0 && html`<${Sums} table=${table} list=${list} />`}
    ${!table.sessionId &&
    table.left &&
    html`<button class="button" onClick=${() => floor.clearTable(table)}>${t("floor.clear")}</button>`}
    ${table.sessionId &&
    html`<button class="button" onClick=${() => floor.talkAt(table)}>
      <${Icon} name="talk" /> ${t("talk.open")}
    </button>`}
    ${table.sessionId &&
    html`<button class="button" onClick=${bill}><${Icon} name="bill" /> ${t("pay.bill")}</button>`}
    ${table.sessionId &&
    html`<button class="link-button" onClick=${close}>${t("waiter.closeTable")}</button>`}
  </${Sheet}>`;
}

// What the party has ordered; the bill knows what of it is paid, where somebody here looked at it.
function Sums({ table, list }) {
  const bill = floor.bills.value.get(table.sessionId);
  const total = bill?.total ?? settledAt(table) + totalOf(list);
  const left = bill ? bill.outstanding + bill.pending : unpaidOf(list);
  const line = (key, amount) => html`<p class="bill-line">
    <span>${t(key)}</span><strong class="price">${money(amount, floor.menu.currency())}</strong>
  </p>`;
  return html`<div class="table-sums">
    ${line("orders.total", total)} ${left < total && line("waiter.toPay", left)}
  </div>`;
}

// What is brought and paid completes by itself: who does it by hand says why it is not paid here.
async function settle(order) {
  const reason = await ask({
    title: t("waiter.settle"),
    subtitle: t("waiter.unpaid", { amount: money(order.totalAmount, order.currency) }),
    choices: ["elsewhere", "onTheHouse"].map((key) => t(`waiter.unpaid.${key}`)),
    label: t("reason"),
    confirm: t("waiter.settle"),
  });
  if (reason !== null) floor.settle(order, reason);
}

function Order({ order }) {
  const [more, setMore] = useState(false);
  const ready = order.items.filter((item) => item.status === "READY").length;
  const cancel = async () => {
    const reason = await askReason(t("order.cancel"), `#${order.orderNumber}`, {
      optional: !order.items.some((item) => item.status === "PREPARING"),
    });
    if (reason !== null) floor.cancel(order, reason);
  };
  return html`
    <article class=${`order-card ${order.priority === "RUSH" ? "rush" : ""}`}>
      <header class="order-head">
        <h3>#${order.orderNumber}</h3>
        <span class="grow">
          ${t(`status.${order.status}`)} · ${time(order.createdAt)}
          ${order.priority === "RUSH" && html` <span class="tag bad">${t("kitchen.rush")}</span>`}
        </span>
        <button
          class="icon-button"
          aria-label=${t("kitchen.more")}
          aria-expanded=${more}
          onClick=${() => setMore(!more)}
        >
          <${Icon} name="more" />
        </button>
      </header>
      <${Noted} of=${order} kind="extra note" />
      <ul>
        ${order.items.map((item) => html`<${Item} key=${item.id} order=${order} item=${item} more=${more} />`)}
      </ul>
      <div class="order-acts">
        ${floor.heldCourses(order).map(
          (course) => html`<button class="button" onClick=${() => floor.fire(order, course)}>
            <${Icon} name="flame" /> ${t("waiter.fire", { course })}
          </button>`,
        )}
        ${ready > 1 &&
        html`<button class="button primary" onClick=${() => floor.serve(order)}>
          <${Icon} name="check" /> ${t("waiter.serveAll", { count: ready })}
        </button>`}
        ${order.status === "DELIVERED" &&
        html`<button class="button" onClick=${() => settle(order)}>${t("waiter.settle")}</button>`}
      </div>
      ${more &&
      html`<div class="order-acts">
        ${!["DELIVERED"].includes(order.status) &&
        html`<button class="button" onClick=${() => floor.rush(order)}>
          ${t(order.priority === "RUSH" ? "kitchen.rushOff" : "kitchen.rushOn")}
        </button>`}
        <button class="button" onClick=${() => floor.recall(order)}>
          <${Icon} name="undo" /> ${t("kitchen.stepBack")}
        </button>
        <button class="button danger" onClick=${cancel}>${t("order.cancel")}</button>
      </div>`}
    </article>
  `;
}

const COOKED = ["PREPARING", "READY", "SERVED"];

function Item({ order, item, more }) {
  const name = pick(item.names, item.name);
  const strike = async () => {
    const optional = !COOKED.includes(item.status);
    const reason = await askReason(t("void"), name, { optional });
    if (reason !== null) floor.step("void", order, item, reason);
  };
  return html`
    <li class=${`round-item i-${item.status}`}>
      <span class="qty">${item.quantity}×</span>
      <div class="round-text">
        <span class="round-name">${name}</span>
        ${item.modifiers.map((m) => html`<span class="extra">${pick(m.texts, m.name)}</span>`)}
        <${Noted} of=${item} kind="extra note" />
        ${item.status === "VOIDED" && item.reason && html`<span class="extra">${item.reason}</span>`}
      </div>
      ${more && item.status !== "VOIDED"
        ? html`<button class="link-button danger" onClick=${strike}>${t("void")}</button>`
        : html`<${State} order=${order} item=${item} />`}
    </li>
  `;
}

function State({ order, item }) {
  if (item.status === "READY") {
    return html`<button class="button small" onClick=${() => floor.step("serve", order, item)}>
      ${t("waiter.serve")}
    </button>`;
  }
  const held = item.status === "HELD" ? t("waiter.course", { course: item.course }) : null;
  return html`<span class=${`state state-${item.status}`}>
    ${held ?? t(`kitchen.item.${item.status}`)}
  </span>`;
}
