// A table's bill on the waiter's phone: who pays what, cash and its change.

import { useEffect, useState } from "preact/hooks";
import { amountOf, decimal, money } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { session } from "../../lib/staff.js";
import { dishOf, isOpen, isTaken } from "../../lib/bill.js";
import { complain, html, Icon, Sheet, Stepper, toast } from "../../lib/ui.js";
import * as floor from "../waiter/floor.js";
import { useReceipt } from "./link.js";
import { explain } from "./looks.js";
import { Sums } from "./sums.js";

export function BillSheet({ table, onClose }) {
  const bill = floor.bills.value.get(table.sessionId);
  const [due, setDue] = useState(null); // what cash is taken for: {title, amount, what}
  useEffect(() => {
    floor.fetchBill(table).catch(complain);
  }, []);
  if (!bill) return null;
  if (due) return html`<${Cash} bill=${bill} table=${table} due=${due} onClose=${() => setDue(null)} />`;
  return html`<${Sheet}
    title=${t("pay.billTitle")}
    subtitle=${t("table", { number: table.number })}
    onClose=${onClose}
  >
    <ul class="pay-lines">
      ${bill.lines.map(
        (line) => html`<li key=${line.itemId} class=${`pay-line ${line.due > line.held ? "" : "gone"}`}>
          <span class="pay-pick">
            <span class="grow">${line.quantity}× ${pick(dishOf(line, floor.orders.value)?.names, line.name)}${line.guestName && html` <small>${line.guestName}</small>`}</span>
            <span class="price">${money(line.due, bill.currency)}</span>
          </span>
        </li>`,
      )}
    </ul>
    <${Sums} bill=${bill} />
    ${bill.outstanding > 0 && html`<${Split} bill=${bill} table=${table} />`}
    <${Dues} bill=${bill} onTake=${setDue} />
    <${Payments} bill=${bill} />
  </${Sheet}>`;
}

function Split({ bill, table }) {
  const parts = bill.split === "equal" ? bill.legs.length : 1;
  const split = (count) =>
    floor.money("bill:split", {
      sessionId: table.sessionId,
      ...(count > 1 ? { mode: "equal", parts: count } : { mode: "none" }),
    });
  return html`<div class="pay-row">
    <span class="grow">${t("pay.splitInto")}</span>
    <${Stepper} value=${parts} min=${1} max=${20} label=${t("pay.splitInto")} onChange=${split} />
  </div>`;
}

// What cash may be taken for: what guests have announced, each open part, or all that is open.
function Dues({ bill, onTake }) {
  const announced = bill.payments.filter((each) => isOpen(each) && each.method === "CASH");
  const legs = bill.legs.filter((leg) => leg.status === "OPEN" && leg.amount > 0);
  const rows = [
    ...announced.map((each) => ({
      title: t("pay.takeFor", { name: each.payerName || t("pay.somebody") }),
      amount: each.amount + each.tip,
      what: { paymentId: each.id },
    })),
    ...legs.map((leg) => ({ title: leg.name || `${leg.id}`, amount: leg.amount, what: { leg: leg.id } })),
    ...(bill.outstanding > 0 ? [{ title: t("pay.all"), amount: bill.outstanding, what: {} }] : []),
  ];
  return html`<div class="choices">
    ${rows.map(
      (due) => html`<button class="choice" onClick=${() => onTake(due)}>
        <span>${due.title}</span><span class="price">${money(due.amount, bill.currency)}</span>
      </button>`,
    )}
  </div>`;
}

function Payments({ bill }) {
  const some = bill.payments.filter((each) => isTaken(each) || isOpen(each));
  if (!some.length) return null;
  return html`<ul class="pay-others" aria-label=${t("pay.others")}>
    ${some.map(
      (each) => html`<li key=${each.id}>
        <span class="grow">
          ${t(`pay.method.${each.method}`)} · ${each.payerName || t("pay.somebody")} · ${t(`pay.status.${each.status}`)}
        </span>
        <span class="price">${money(each.amount + each.tip, bill.currency)}</span>
        ${isOpen(each) &&
        html`<button
          class="icon-button"
          aria-label=${t("pay.cancel")}
          disabled=${each.closing}
          onClick=${() => floor.money("payment:cancel", { paymentId: each.id }, explain)}
        ><${Icon} name="close" /></button>`}
        ${isTaken(each) && html`<${PaperButton} payment=${each} />`}
      </li>`,
    )}
  </ul>`;
}

// For a guest who wants it on paper: the page prints.
function PaperButton({ payment }) {
  const link = useReceipt(payment, session.value?.accessToken);
  if (!link?.href) return null;
  const label = t("pay.openReceipt", { number: link.number });
  return html`<a class="icon-button" href=${link.href} target="_blank" rel="noopener" aria-label=${label}>
    <${Icon} name="print" />
  </a>`;
}

function Cash({ bill, table, due, onClose }) {
  const [given, setGiven] = useState(null);
  const [tip, setTip] = useState(0);
  const whole = due.amount + tip;
  const back = (given ?? whole) - whole;
  const take = async () => {
    const about = due.what.paymentId ? due.what : { ...due.what, sessionId: table.sessionId };
    const extra = tip ? { tip } : {};
    const done = await floor.money("payment:cash", { ...about, ...extra, tendered: given ?? whole }, explain);
    if (!done) return;
    toast(t("pay.changeIs", { amount: money(done.change, bill.currency) }), { ms: 8000 });
    onClose();
  };
  const read = (set) => (event) => set(amountOf(event.currentTarget.value, bill.currency));
  const footer = html`<button class="button primary grow" disabled=${back < 0} onClick=${take}>
    <span>${t("pay.take")}</span><span class="price">${money(whole, bill.currency)}</span>
  </button>`;
  return html`<${Sheet} title=${t("pay.take")} subtitle=${due.title} footer=${footer} onClose=${onClose}>
    <label class="field">
      <span>${t("pay.given")}</span>
      <input inputmode="decimal" autocomplete="off" placeholder=${decimal(whole, bill.currency)} onInput=${read(setGiven)} />
    </label>
    ${!due.what.paymentId &&
    html`<label class="field">
      <span>${t("pay.tip")}</span>
      <input inputmode="decimal" autocomplete="off" placeholder=${decimal(0, bill.currency)} onInput=${read((value) => setTip(Math.max(0, value ?? 0)))} />
    </label>`}
    <dl class="pay-sums">
      <div class="pay-open"><dt>${t("pay.change")}</dt><dd>${money(Math.max(0, back), bill.currency)}</dd></div>
    </dl>
  </${Sheet}>`;
}
