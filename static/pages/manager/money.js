// The money of the day: what came in by which means, its taxes and tips, the drawers, the closing.

import { useEffect, useState } from "preact/hooks";
import { day, money, number, percent, time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, toast } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import * as desk from "./desk.js";
import { Plan, Receipts } from "./papers.js";
import { Card, Nothing, Stat, Wait } from "./parts.js";
import { Transfers } from "./transfers.js";

export function MoneySection() {
  const figures = desk.useKnown("figures");
  const [now, setNow] = useState(null);
  const read = () => desk.ask("GET", "day").then(setNow, complain);
  useEffect(() => {
    read();
  }, [figures?.seq]);
  if (!now || !figures) return html`<${Wait} />`;
  return html`
    <${Sums} now=${now} />
    <${Transfers} seq=${figures.seq} />
    <div class="reports">
      <${Takings} now=${now} today=${figures.today} />
      <${Taxes} now=${now} today=${figures.today} />
      <${Drawers} now=${now} />
      <${Disputes} now=${now} />
      <${Closings} now=${now} onClosed=${read} />
      <${Receipts} changes=${figures.seq} today=${figures.today} />
      <${Plan} changes=${figures.seq} />
    </div>
  `;
}

const taken = (now) => now.totals.takings.reduce((sum, row) => sum + row.taken - row.refunded, 0);

function Sums({ now }) {
  const { currency, totals } = now;
  const tax = totals.taxes.reduce((sum, row) => sum + row.tax, 0);
  const cash = now.drawers.reduce((sum, drawer) => sum + drawer.expected, 0);
  const back = totals.disputed && t("m.money.disputed", { amount: money(totals.disputed, currency) });
  const since = now.since ? t("m.money.since", { time: time(now.since) }) : t("m.money.sinceEver");
  return html`<div class="stats">
    <${Stat} label=${t("m.money.taken")} value=${money(taken(now), currency)} hint=${back || since} />
    <${Stat} label=${t("m.money.tips")} value=${money(totals.tips, currency)} hint=${t("m.money.tipsHint")} />
    <${Stat} label=${t("m.money.tax")} value=${money(tax, currency)} hint=${t("m.money.taxHint")} />
    <${Stat} label=${t("m.money.drawers")} value=${money(cash, currency)} hint=${t("m.money.open", { count: now.drawers.length })} />
  </div>`;
}

function Rows({ title, columns, rows }) {
  if (!rows.length) return html`<${Nothing}>${t("m.money.nothing")}</${Nothing}>`;
  return html`<div class="twin-scroll" tabindex="0" role="group" aria-label=${title}>
    <table class="table">
      <thead>
        <tr>${columns.map(([label], at) => html`<th class=${at ? "num" : ""}>${label}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr>
            ${columns.map(([, show], at) =>
              at ? html`<td class="num">${show(row)}</td>` : html`<th scope="row">${show(row)}</th>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Saved({ name, title, today }) {
  const save = () =>
    desk.download(`reports/${name}?from=${today}&to=${today}`, `${name}-${today}.csv`).catch(complain);
  return html`<button class="quiet-button" onClick=${save}>
    CSV <${Icon} name="down" /><span class="hidden">: ${title}</span>
  </button>`;
}

function Takings({ now, today }) {
  const title = t("m.money.takings");
  const shown = (name) => (row) => money(row[name], now.currency);
  const columns = [
    [t("pay.how"), (row) => t(`pay.method.${row.method}`)],
    [t("m.money.payments"), (row) => number(row.payments)],
    [t("m.money.taken"), shown("taken")],
    [t("m.money.tips"), shown("tips")],
    [t("m.money.refunded"), shown("refunded")],
  ];
  return html`<${Card} title=${title} tools=${html`<${Saved} name="takings" title=${title} today=${today} />`}>
    <${Rows} title=${title} columns=${columns} rows=${now.totals.takings} />
  </${Card}>`;
}

const rateOf = ({ account }) =>
  /^\d+$/.test(account) ? percent(Number(account) / 100) : t(`m.money.account.${account.split(":")[0]}`);

function Taxes({ now, today }) {
  const title = t("m.money.taxes");
  const columns = [
    [t("m.money.rate"), rateOf],
    [t("m.money.net"), (row) => money(row.net, now.currency)],
    [t("m.money.tax"), (row) => money(row.tax, now.currency)],
  ];
  return html`<${Card} title=${title} tools=${html`<${Saved} name="taxes" title=${title} today=${today} />`}>
    <${Rows} title=${title} columns=${columns} rows=${now.totals.taxes} />
  </${Card}>`;
}

function Drawers({ now }) {
  const title = t("m.money.drawers");
  const columns = [
    [t("m.money.who"), (drawer) => drawer.staffName],
    [t("m.money.begun"), (drawer) => time(drawer.openedAt)],
    [t("m.money.opening"), (drawer) => money(drawer.opening, now.currency)],
    [t("m.money.expected"), (drawer) => money(drawer.expected, now.currency)],
  ];
  return html`<${Card} title=${title}><${Rows} title=${title} columns=${columns} rows=${now.drawers} /></${Card}>`;
}

function Disputes({ now }) {
  if (!now.disputes.length) return null;
  const title = t("m.money.disputes");
  const columns = [
    [t("m.money.opened"), (each) => day(each.openedAt.slice(0, 10))],
    [t("m.money.why"), (each) => each.reason.replaceAll("_", " ")],
    [t("m.money.dueBy"), (each) => (each.dueBy && !each.closedAt ? day(each.dueBy.slice(0, 10)) : "–")],
    [t("m.money.amount"), (each) => money(each.amount, each.currency)],
    [t("m.money.stands"), (each) => t(`m.money.dispute.${each.status}`)],
  ];
  return html`<${Card} title=${title}>
    <p class="muted">${t("m.money.disputesHint")}</p>
    <${Rows} title=${title} columns=${columns} rows=${now.disputes} />
  </${Card}>`;
}

function Closings({ now, onClosed }) {
  const title = t("m.money.closings");
  const close = async () => {
    const sure = await ask({
      title: t("m.money.close"),
      subtitle: t("m.money.closeText", { amount: money(taken(now), now.currency) }),
      confirm: t("m.money.close"),
    });
    if (sure === null) return;
    try {
      const { number: made } = await desk.ask("POST", "day/close", {});
      toast(t("m.money.closed", { number: made }));
      onClosed();
    } catch (error) {
      complain(error);
    }
  };
  const columns = [
    [t("m.money.number"), (each) => `#${each.number}`],
    [t("m.reports.day"), (each) => day(each.businessDay)],
    [t("m.money.begun"), (each) => time(each.closedAt)],
    [t("m.money.who"), (each) => each.closedByName],
    [t("m.money.taken"), (each) => money(each.totals.takings.reduce((sum, row) => sum + row.taken - row.refunded, 0), each.currency)],
  ];
  const why = now.drawers.length ? "m.money.countFirst" : now.pending ? "m.money.pending" : null;
  return html`<${Card} title=${title}>
    <div class="form">
      <p class="muted">${t(why ?? "m.money.closeHint", { count: now.pending })}</p>
      <p><button class="button primary" disabled=${Boolean(why)} onClick=${close}>${t("m.money.close")}</button></p>
    </div>
    <${Rows} title=${title} columns=${columns} rows=${now.closings} />
  </${Card}>`;
}
