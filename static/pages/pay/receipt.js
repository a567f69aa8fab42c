// What a payment has come to: it waits for the card or the waiter, or here is its receipt.

import { useEffect } from "preact/hooks";
import { dishOf } from "../../lib/bill.js";
import { money, time } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import * as guest from "../guest/visit.js";
import { Paper } from "./paper.js";
import * as till from "./till.js";
import { Transfer } from "./ton.js";

export function Waiting({ bill, payment, onClose }) {
  const cash = payment.method === "CASH";
  // What it comes to is shown here too, also where it was begun before a reload.
  useEffect(() => void (till.opened.value = payment.id), [payment.id]);
  const coins = payment.method === "TON_WALLET" && !payment.closing;
  const footer = html`<button
    class="button grow"
    disabled=${payment.closing || till.busy.value}
    onClick=${() => till.cancel(payment)}
  >
    ${t("pay.cancel")}
  </button>`;
  return html`<${Sheet} title=${t("pay.title")} footer=${footer} onClose=${onClose}>
    <div class="pay-state" role="status">
      <div class="quiet-mark"><${Icon} name=${cash ? "bell" : "hourglass"} /></div>
      <p class="pay-big">${money(payment.amount + payment.tip, bill.currency)}</p>
      ${coins
        ? html`<${Transfer} payment=${payment} />`
        : html`<p>${t(payment.closing ? "pay.closing" : cash ? "pay.waitCash" : "pay.waitCard")}</p>`}
    </div>
  </${Sheet}>`;
}

export function Paid({ bill, payment, onClose }) {
  const { restaurant } = guest.visit.value;
  const footer = html`
    <button class="button" onClick=${() => print()}><${Icon} name="print" /> ${t("pay.print")}</button>
    <button class="button primary" onClick=${onClose}>${t("done")}</button>
  `;
  const claimed = new Map(payment.claims.map((claim) => [claim.itemId, claim]));
  const lines = claimed.size ? bill.lines.filter((line) => claimed.has(line.itemId)) : bill.lines;
  return html`<${Sheet} title=${t("pay.receipt")} kind="receipt" footer=${footer} onClose=${onClose}>
    <div class="pay-state" role="status">
      <div class="quiet-mark"><${Icon} name="check" /></div>
      <p class="pay-big">${money(payment.amount + payment.tip, bill.currency)}</p>
      <p>${t("pay.thanks")}</p>
      ${payment.sandbox && html`<p class="tag bad">${t("pay.sandbox")}</p>`}
    </div>
    <dl class="pay-sums">
      <div><dt>${restaurant.name}</dt><dd>${t("table", { number: bill.tableNumber })}</dd></div>
      <div><dt>${t("pay.when")}</dt><dd>${time(payment.settledAt)}</dd></div>
      <div><dt>${t("pay.how")}</dt><dd>${t(`pay.method.${payment.method}`)}</dd></div>
    </dl>
    <ul class="pay-lines">
      ${lines.map(
        (line) => html`<li class="pay-line">
          <span class="pay-pick">
            <span class="grow">${line.quantity}× ${pick(dishOf(line, guest.orders.value)?.names, line.name)}</span>
            <span class="price">${money(claimed.get(line.itemId)?.amount ?? line.due, bill.currency)}</span>
          </span>
        </li>`,
      )}
    </ul>
    <dl class="pay-sums">
      ${lines.length < bill.lines.length || payment.amount < bill.total
        ? html`<div><dt>${t("pay.ofTotal", { total: money(bill.total, bill.currency) })}</dt><dd>${money(payment.amount, bill.currency)}</dd></div>`
        : html`<div><dt>${t("pay.total")}</dt><dd>${money(payment.amount, bill.currency)}</dd></div>`}
      ${payment.tip > 0 && html`<div><dt>${t("pay.tip")}</dt><dd>${money(payment.tip, bill.currency)}</dd></div>`}
      ${payment.refunded > 0 && html`<div><dt>${t("pay.refunded")}</dt><dd>${money(-payment.refunded, bill.currency)}</dd></div>`}
    </dl>
    <${Paper} payment=${payment} />
  </${Sheet}>`;
}
