// Papers: the receipts of this house, and what it pays for the hub itself.

import { useEffect, useState } from "preact/hooks";
import { day, money, percent, time } from "../../lib/format.js";
import { lang, t } from "../../lib/i18n.js";
import { complain, html, Icon } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { GivingBack } from "./giving-back.js";
import { Card, Nothing } from "./parts.js";

function useRead(path, changes) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    desk.ask("GET", path).then(setFound, complain);
  }, [changes]);
  return found;
}

const moment = (at) => {
  const date = new Date(at).toLocaleDateString("sv"); // as 2026-11-26, by the clock here
  return `${day(date, { year: "numeric", month: "short", day: "numeric" })} ${time(at)}`;
};

// Here the hub is where this page is from, whatever it is called elsewhere.
const Link = ({ paper }) =>
  html`<a href=${`${new URL(paper.url).pathname}?lang=${lang.value}`} target="_blank" rel="noopener">${paper.number}</a>`;

function Rows({ title, heads, rows }) {
  if (!rows.length) return html`<${Nothing}>${t("b.none")}</${Nothing}>`;
  return html`<div class="twin-scroll" tabindex="0" role="group" aria-label=${title}>
    <table class="table">
      <thead>
        <tr>${heads.map((head, at) => html`<th class=${at ? "num" : ""}>${head}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...cells]) => html`<tr>
            <th scope="row">${first}</th>
            ${cells.map((cell) => html`<td class="num">${cell}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

// All of the quarter, for who keeps the books.
function Journal({ title, today }) {
  const [year, month] = today.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - 1 - ((month - 1) % 3), 1)).toISOString().slice(0, 10);
  const save = () =>
    desk.download(`reports/receipts?from=${first}&to=${today}`, `receipts-${today}.csv`).catch(complain);
  return html`<button class="quiet-button" onClick=${save}>
    CSV <${Icon} name="down" /><span class="hidden">: ${title}</span>
  </button>`;
}

export function Receipts({ changes, today }) {
  const [open, setOpen] = useState(null);
  const found = useRead("receipts", changes);
  const house = desk.useKnown("house");
  if (!found) return null;
  const { legal } = house?.settings ?? {};
  const title = t("b.receipts");
  const heads = [t("b.number"), t("m.money.begun"), t("b.total"), html`<span class="hidden">${t("b.back")}</span>`];
  const rows = found.receipts.map((each) => [
    html`<${Link} paper=${each} />`,
    moment(each.issuedAt),
    money(each.creditNote ? -each.total : each.total, each.currency),
    each.left > 0 &&
    html`<button class="button small" onClick=${() => setOpen(each)}>
      ${t("b.back")}<span class="hidden">: ${each.number}</span>
    </button>`,
  ]);
  const missing = legal && !(legal.name && legal.address && legal.taxId);
  return html`<${Card} title=${title} tools=${html`<${Journal} title=${title} today=${today} />`} class="papers">
    ${missing && html`<p class="form muted">${t("b.legalMissing")}</p>`}
    <${Rows} title=${title} heads=${heads} rows=${rows} />
    ${open && html`<${GivingBack} paper=${open} onClose=${() => setOpen(null)} />`}
    ${found.noneUntil && html`<p class="form muted">${t("b.older", { date: moment(found.noneUntil) })}</p>`}
  </${Card}>`;
}

export function Plan({ changes }) {
  const found = useRead("billing", changes);
  if (!found) return null;
  const { plan, invoices } = found;
  const title = t("b.plan");
  const heads = [t("b.invoices"), t("b.month"), t("b.total"), t("b.due"), t("b.status")];
  const rows = invoices.map((each) => [
    html`<${Link} paper=${each} />`,
    day(each.month, { year: "numeric", month: "long" }),
    money(each.total, each.currency),
    day(each.dueOn),
    html`<span class=${`tag ${each.status === "OVERDUE" ? "bad" : ""}`}>${t(`b.status.${each.status}`)}</span>`,
  ]);
  return html`<${Card} title=${title} class="papers">
    <div class="form">${plan ? html`<${Terms} plan=${plan} />` : html`<p class="muted">${t("b.noPlan")}</p>`}</div>
    ${(plan || rows.length > 0) && html`<${Rows} title=${title} heads=${heads} rows=${rows} />`}
  </${Card}>`;
}

function Terms({ plan }) {
  const price = { price: money(plan.price, plan.currency), tax: percent(plan.taxRate / 100) };
  return html`
    <p><strong>${plan.name}</strong> · ${t("b.planPrice", price)}</p>
    <p class="muted">
      ${t("b.planSince", { date: day(plan.since) })}${plan.endsOn && ` ${t("b.planEnds", { date: day(plan.endsOn) })}`}
    </p>
    ${plan.email && html`<p class="muted">${t("b.planMail", { address: plan.email })}</p>`}
  `;
}
