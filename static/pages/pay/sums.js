// What a bill comes to, line by line: before the total what makes it up, after it what it contains.

import { taxesOf } from "../../lib/bill.js";
import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html } from "../../lib/ui.js";

export function Sums({ bill }) {
  const { added, contained } = taxesOf(bill);
  const row = (name, amount, kind) =>
    html`<div class=${kind}><dt>${t(`pay.${name}`)}</dt><dd>${money(amount, bill.currency)}</dd></div>`;
  const some = (name, amount, kind) => amount !== 0 && row(name, amount, kind);
  return html`<dl class="pay-sums">
    ${some("discount", -bill.discount)}
    ${some("service", bill.service)}
    ${some("taxAdded", added)}
    ${row("total", bill.total, "pay-total")}
    ${some("taxContained", contained, "pay-contained")}
    ${some("paid", -bill.paid)}
    ${some("pending", -bill.pending)}
    ${row("open", bill.outstanding, "pay-open")}
  </dl>`;
}
