// What a day was like, or several: charts, each with its table and its file.

import { useEffect, useRef, useState } from "preact/hooks";
import { day, elapsed, money, number, percent, time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon } from "../../lib/ui.js";
import { Bars, Ranges } from "./charts.js";
import * as desk from "./desk.js";
import { Card, Nothing, Stat, Wait } from "./parts.js";

const PERIODS = { today: [0, 0], yesterday: [1, 1], week: [6, 0], month: [29, 0] };
const NAMES = ["intervals", "days", "stations", "voids"];
const DAY_MS = 86_400_000;
const CALM_MS = 10_000;

export function ReportsSection() {
  const figures = desk.useKnown("figures"); // knows which business day it is
  const [period, setPeriod] = useState("today");
  const found = useReports(period, figures);
  if (!found) return html`<${Wait} />`;
  const single = period === "today" || period === "yesterday";
  return html`
    <div class="section-tools">
      <div class="chips" role="group" aria-label=${t("m.reports.period")}>
        ${Object.keys(PERIODS).map(
          (each) => html`<button class="chip" aria-pressed=${each === period} onClick=${() => setPeriod(each)}>
            ${t(`m.reports.${each}`)}
          </button>`,
        )}
      </div>
    </div>
    <${Totals} found=${found} />
    <div class="reports">
      ${single ? html`<${Quarters} report=${found.intervals} />` : html`<${Days} report=${found.days} />`}
      <${Stations} report=${found.stations} />
      <${Voids} report=${found.voids} />
    </div>
  `;
}

// Read anew with the figures of now, where today is part of the period; in a rush not with each.
function useReports(period, figures) {
  const [found, setFound] = useState(null);
  const today = figures?.today;
  const seq = useCalm(figures?.seq, CALM_MS);
  const fresh = PERIODS[period][1] === 0 ? seq : null;
  useEffect(() => {
    if (!today) return undefined;
    let current = true;
    const asked = NAMES.map((name) => desk.ask("GET", `reports/${name}?${queryOf(period, today)}`));
    Promise.all(asked).then((all) => {
      if (current) setFound(Object.fromEntries(NAMES.map((name, at) => [name, all[at]])));
    }, complain);
    return () => {
      current = false;
    };
  }, [period, today, fresh]);
  return found;
}

// A value that changes no more often than that.
function useCalm(value, ms) {
  const [calm, setCalm] = useState(value);
  const next = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, next.current - Date.now());
    const timer = setTimeout(() => {
      next.current = Date.now() + ms;
      setCalm(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

const back = (today, days) =>
  new Date(Date.parse(`${today}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

function queryOf(period, today) {
  const [first, last] = PERIODS[period];
  return `from=${back(today, first)}&to=${back(today, last)}`;
}

function Totals({ found: { days, voids } }) {
  const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
  const orders = sum(days.rows, "orders");
  const sales = sum(days.rows, "sales");
  const lost = sum(voids.rows, "amount");
  return html`
    <div class="stats">
      <${Stat} label=${t("m.reports.sales")} value=${money(sales, days.currency)} hint=${span(days)} />
      <${Stat} label=${t("m.reports.orders")} value=${number(orders)} hint=${t("m.items", { count: sum(days.rows, "items") })} />
      <${Stat}
        label=${t("m.reports.average")}
        value=${orders ? money(Math.round(sales / orders), days.currency) : "–"}
        hint=${t("m.reports.averageHint")}
      />
      <${Stat}
        label=${t("m.reports.voided")}
        value=${money(lost, days.currency)}
        hint=${t("m.items", { count: sum(voids.rows, "items") })}
      />
    </div>
  `;
}

const span = ({ first, last }) => (first === last ? day(first) : `${day(first)} – ${day(last)}`);

function Report({ title, name, report, columns, children }) {
  const save = () => {
    const query = `from=${report.first}&to=${report.last}`;
    desk.download(`reports/${name}?${query}`, `${name}-${report.first}-${report.last}.csv`).catch(complain);
  };
  const tools = html`<button class="quiet-button" onClick=${save}>
    CSV <${Icon} name="down" /><span class="hidden">: ${title}</span>
  </button>`;
  return html`
    <${Card} title=${title} tools=${tools} class=${`report report-${name}`}>
      ${report.rows.length === 0 ? html`<${Nothing}>${t("m.reports.nothing")}</${Nothing}>` : children}
      ${report.rows.length > 0 && html`<${Twin} title=${title} columns=${columns} rows=${report.rows} />`}
    </${Card}>
  `;
}

// The same in words and numbers, for whoever does not see the picture or wants to know exactly.
function Twin({ title, columns, rows }) {
  return html`
    <details class="twin">
      <summary>${t("m.reports.asTable")}</summary>
      <div class="twin-scroll" tabindex="0" role="group" aria-label=${title}>
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
      </div>
    </details>
  `;
}

function soldColumns(label, show, currency) {
  return [
    [label, show],
    [t("m.reports.orders"), (row) => number(row.orders)],
    [t("m.reports.items"), (row) => number(row.items)],
    [t("m.reports.sales"), (row) => money(row.sales, currency)],
  ];
}

function Quarters({ report }) {
  const at = (row) => time(row.at);
  return html`
    <${Report} title=${t("m.reports.quarters")} name="intervals" report=${report} columns=${soldColumns(t("m.reports.time"), at, report.currency)}>
      <${Bars} bars=${withGaps(report.rows).map((row) => ({ label: at(row), value: row.items, note: noteOf(row) }))} unit=${t("m.reports.items")} />
    </${Report}>
  `;
}

const noteOf = (row) => t("m.reports.note", { count: row.orders, items: row.items });

const QUARTER_MS = 15 * 60_000;

// Quarters in which nothing was ordered are bars too, of no height.
function withGaps(rows) {
  const by = new Map(rows.map((row) => [Date.parse(row.at), row]));
  const all = [];
  for (let at = Date.parse(rows[0]?.at); at <= Date.parse(rows.at(-1)?.at); at += QUARTER_MS) {
    all.push(by.get(at) ?? { at, orders: 0, items: 0, sales: 0 });
  }
  return all;
}

function Days({ report }) {
  const on = (row) => day(row.day, { weekday: "short", day: "numeric", month: "short" });
  return html`
    <${Report} title=${t("m.reports.byDay")} name="days" report=${report} columns=${soldColumns(t("m.reports.day"), on, report.currency)}>
      <${Bars} bars=${report.rows.map((row) => ({ label: on(row), value: row.items, note: noteOf(row) }))} unit=${t("m.reports.items")} />
    </${Report}>
  `;
}

const span1 = (seconds) => (seconds === null ? "–" : elapsed(Math.round(seconds)));

function Stations({ report }) {
  const columns = [
    [t("kitchen.station"), (row) => row.name],
    [t("m.reports.items"), (row) => number(row.items)],
    ["p50", (row) => span1(row.p50)],
    ["p90", (row) => span1(row.p90)],
    ["p99", (row) => span1(row.p99)],
    [t("m.live.latePercent"), (row) => (row.latePercent === null ? "–" : percent(row.latePercent))],
  ];
  const timed = report.rows.filter((row) => row.items > 0);
  return html`
    <${Report} title=${t("m.reports.stations")} name="stations" report=${report} columns=${columns}>
      ${timed.length === 0
        ? html`<${Nothing}>${t("m.reports.nothing")}</${Nothing}>`
        : html`<${Ranges} rows=${timed} />`}
    </${Report}>
  `;
}

function Voids({ report }) {
  const why = (row) => row.reason || t("m.reports.noReason");
  const columns = [
    [t("reason"), why],
    [t("m.reports.items"), (row) => number(row.items)],
    [t("m.reports.amount"), (row) => money(row.amount, report.currency)],
  ];
  const most = Math.max(1, ...report.rows.map((row) => row.items));
  return html`
    <${Report} title=${t("m.reports.voids")} name="voids" report=${report} columns=${columns}>
      <ul class="hbars" aria-hidden="true">
        ${report.rows.slice(0, 8).map(
          (row) => html`<li>
            <span class="hbar-label">${why(row)}</span>
            <span class="hbar"><span style=${{ width: `${(100 * row.items) / most}%` }}></span></span>
            <span class="hbar-value">${number(row.items)}</span>
          </li>`,
        )}
      </ul>
    </${Report}>
  `;
}
