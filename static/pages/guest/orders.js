// What the table has ordered, each step as it happens.

import { money, time } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import { PayButton } from "./paying.js";
import { CallButtons } from "./service.js";
import { cancel, menu, rounds, view } from "./visit.js";

const STEPS = ["PENDING", "CONFIRMED", "PREPARING", "READY", "DELIVERED"];

export function OrdersView({ code }) {
  const list = rounds.value;
  const due = list
    .filter((order) => order.status !== "CANCELLED")
    .reduce((sum, order) => sum + order.totalAmount, 0);
  return html`
    <div class="orders">
      ${list.length === 0 &&
      html`<div class="empty-state">
        <p>${t("orders.none")}</p>
        <button class="button" onClick=${() => (view.value = "menu")}>${t("orders.toMenu")}</button>
      </div>`}
      ${list.map((order) => html`<${Round} key=${order.id} order=${order} />`)}
      ${list.length > 0 &&
      html`<p class="bill-line">
        <span>${t("orders.total")}</span
        ><strong class="price">${money(due, menu.currency())}</strong>
      </p>`}
      ${list.length > 0 && html`<${PayButton} />`}
      <${CallButtons} />
      ${code && html`<p class="code-note">${t("orders.code")} <strong>${code}</strong></p>`}
    </div>
  `;
}

function Round({ order }) {
  const cancelled = order.status === "CANCELLED";
  const takeBack = async () => {
    const sure = await ask({
      title: t("order.cancel"),
      subtitle: t("order.cancelText", { number: order.orderNumber }),
      confirm: t("order.cancel"),
      kind: "bad",
    });
    if (sure !== null) cancel(order);
  };
  return html`
    <article class=${`round s-${order.status}`} aria-label=${`#${order.orderNumber}`}>
      <header class="round-head">
        <span class="round-number">#${order.orderNumber}</span>
        <p class="round-said" role="status">${said(order)}</p>
      </header>
      ${cancelled
        ? html`<p class="round-reason">${order.reason || t("order.cancelledText")}</p>`
        : html`<${Steps} order=${order} />`}
      <ul class="round-items">
        ${order.items.map((item) => html`<${Item} key=${item.id} item=${item} order=${order} />`)}
      </ul>
      ${order.note && html`<p class="extra note" dir="auto"><${Icon} name="note" /> ${order.note}</p>`}
      <footer class="round-foot">
        ${order.status === "PENDING" &&
        html`<button class="link-button" onClick=${takeBack}>${t("order.cancel")}</button>`}
        <span class="price">${money(order.totalAmount, order.currency)}</span>
      </footer>
    </article>
  `;
}

// One sentence for where the order stands; a screen reader hears it when it changes.
function said(order) {
  const at = {
    PENDING: order.createdAt,
    CONFIRMED: order.confirmedAt,
    PREPARING: order.preparedAt,
    READY: order.readyAt,
    DELIVERED: order.deliveredAt,
    COMPLETED: order.completedAt,
    CANCELLED: order.cancelledAt,
  }[order.status];
  const told = t(`said.${order.status}`, { time: time(at ?? order.updatedAt) });
  const waiting = ["CONFIRMED", "PREPARING"].includes(order.status);
  if (!waiting || !order.estimatedReadyAt) return told;
  return `${told} · ${t("said.about", { time: time(order.estimatedReadyAt) })}`;
}

function Steps({ order }) {
  const reached = order.status === "COMPLETED" ? 4 : STEPS.indexOf(order.status);
  return html`
    <ol class="steps" aria-hidden="true">
      ${STEPS.map(
        (step, index) => html`<li
          class=${index < reached ? "past" : index === reached ? "now" : ""}
        >
          <span class="step-dot"></span><span class="step-word">${t(`step.${step}`)}</span>
        </li>`,
      )}
    </ol>
  `;
}

function Item({ item, order }) {
  const state = item.status === "QUEUED" && order.confirmedAt ? "ACCEPTED" : item.status;
  return html`
    <li class=${`round-item i-${item.status}`}>
      <span class="qty">${item.quantity}×</span>
      <div class="round-text">
        <span class="round-name">${pick(item.names, item.name)}</span>
        ${item.modifiers.map((m) => html`<span class="extra">${pick(m.texts, m.name)}</span>`)}
        ${item.note && html`<span class="extra note" dir="auto">${item.note}</span>`}
      </div>
      <span class=${`state state-${item.status}`}>${t(`item.${state}`)}</span>
    </li>
  `;
}
