// How the house is doing at this moment.

import { useEffect } from "preact/hooks";
import { secondsSince, elapsed, money, number, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Displays, Jobs } from "./others.js";
import { Card, Nothing, Stat, Wait } from "./parts.js";

const AGING = 300;
const LATE = 600; // seconds, as on the kitchen's screen
const MOST = 10; // rows of a list: the oldest are what matters
const AGAIN_MS = 10_000; // dishes get late, and screens fall silent, without an event
const OPEN = ["PENDING", "CONFIRMED", "PREPARING", "READY"];

export function LiveSection() {
  const figures = desk.useKnown("figures");
  useEffect(() => {
    const timer = setInterval(() => desk.readAgain("figures"), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (!figures) return html`<${Wait} />`;
  return html`
    <div class="now">
      <${Stats} figures=${figures} />
      <div class="now-column">
        <${Tickets} />
        <${SoldOut} dishes=${figures.soldOut} />
        <${Jobs} jobs=${figures.jobs} companies=${figures.companies ?? []} />
      </div>
      <div class="now-column">
        <${Stations} stations=${figures.stations} />
        <${Alerts} alerts=${figures.alerts} />
        <${Displays} displays=${figures.displays} />
      </div>
    </div>
  `;
}

// Straight from the socket, oldest first.
const openOrders = () =>
  [...desk.orders.value.values()]
    .filter((order) => OPEN.includes(order.status))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));

function Stats({ figures }) {
  const open = openOrders();
  const { sales, latePercent: late } = figures;
  const age = open.length ? secondsSince(open[0].createdAt) : null;
  return html`
    <div class="stats">
      <${Stat} label=${t("m.live.open")} value=${number(open.length)} hint=${t("m.live.openHint")} />
      <${Stat}
        label=${t("m.live.oldest")}
        value=${age === null ? "–" : elapsed(age)}
        kind=${age === null ? "" : ageOf(age)}
        hint=${open.length ? `#${open[0].orderNumber} · ${t("table", { number: open[0].tableNumber })}` : t("m.live.none")}
      />
      <${Stat}
        label=${t("m.live.late")}
        value=${Number.isFinite(late) ? percent(late) : "–"}
        kind=${late > 10 ? "warn" : ""}
        hint=${t("m.live.lateHint")}
      />
      <${Stat}
        label=${t("m.live.sales")}
        value=${money(sales.sales, sales.currency)}
        hint=${t("m.live.salesHint", { count: sales.orders, items: number(sales.items) })}
      />
      <${Stat}
        label=${t("m.live.unpaid")}
        value=${money(sales.unpaid, sales.currency)}
        hint=${t("m.live.unpaidHint", { count: sales.waiting })}
      />
    </div>
  `;
}

const ageOf = (seconds) => (seconds >= LATE ? "bad" : seconds >= AGING ? "warn" : "ok");
const SIGN = { bad: "warn", warn: "hourglass" };

const More = ({ count }) =>
  count > 0 && html`<p class="muted more-rows">${t("m.live.more", { count })}</p>`;

function Tickets() {
  const open = openOrders();
  return html`
    <${Card} title=${t("m.live.tickets")} count=${open.length} class="now-tickets">
      ${open.length === 0 && html`<${Nothing}>${t("m.live.none")}</${Nothing}>`}
      <ul class="rows">
        ${open.slice(0, MOST).map((order) => {
          const seconds = secondsSince(order.createdAt);
          const kind = ageOf(seconds);
          const items = order.items.filter((item) => item.status !== "VOIDED");
          const count = items.reduce((sum, item) => sum + item.quantity, 0);
          return html`<li key=${order.id} class="row">
            <strong>#${order.orderNumber}</strong>
            <span>${t("table", { number: order.tableNumber })}</span>
            <span class="muted">${t("m.items", { count })}</span>
            <span class="grow"></span>
            <span class="tag plain">${t(`status.${order.status}`)}</span>
            <span class=${`age ${kind}`}>
              ${SIGN[kind] && html`<${Icon} name=${SIGN[kind]} />`}
              ${kind === "bad" && html`<span class="hidden">${t("kitchen.late")}</span>`}
              ${elapsed(seconds)}
            </span>
          </li>`;
        })}
      </ul>
      <${More} count=${open.length - MOST} />
    </${Card}>
  `;
}

function Stations({ stations }) {
  const most = Math.max(LATE, ...stations.map((each) => each.p90 ?? 0));
  return html`
    <${Card} title=${t("m.live.stations")} class="now-stations">
      <div class="scroll-x" tabindex="0" role="group" aria-label=${t("m.live.stations")}>
      <table class="table">
        <thead>
          <tr>
            <th>${t("kitchen.station")}</th>
            <th class="num">${t("m.live.openItems")}</th>
            <th class="num">${t("m.live.lateItems")}</th>
            <th class="num">p50</th>
            <th class="num">p90</th>
            <th class="num">${t("m.live.latePercent")}</th>
            <th class="meter-cell"><span class="hidden">${t("m.live.spread")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${stations.map(
            (each) => html`<tr key=${each.station}>
              <th scope="row">${each.name}</th>
              <td class="num">${number(each.open)}</td>
              <td class=${`num ${each.late ? "is-bad" : ""}`}>${number(each.late)}</td>
              <td class="num">${span(each.p50)}</td>
              <td class="num">${span(each.p90)}</td>
              <td class="num">${each.latePercent === null ? "–" : percent(each.latePercent)}</td>
              <td class="meter-cell"><${Meter} p50=${each.p50} p90=${each.p90} most=${most} /></td>
            </tr>`,
          )}
        </tbody>
      </table>
      </div>
    </${Card}>
  `;
}

const span = (seconds) => (seconds === null ? "–" : elapsed(Math.round(seconds)));

function Meter({ p50, p90, most }) {
  const wide = (seconds) => `${Math.min(100, (100 * (seconds ?? 0)) / most)}%`;
  return html`<span class="meter" aria-hidden="true">
    <span class="meter-p90" style=${{ width: wide(p90) }}></span>
    <span class="meter-p50" style=${{ width: wide(p50) }}></span>
  </span>`;
}

const CALL_LATE = 120; // seconds that a guest who calls may wait

const isLate = ({ level, raisedAt }) => level > 0 || secondsSince(raisedAt) > CALL_LATE;

function Alerts({ alerts }) {
  return html`
    <${Card} title=${t("m.live.alerts")} count=${alerts.length} class="now-alerts">
      ${alerts.length === 0 && html`<${Nothing}>${t("m.live.noAlerts")}</${Nothing}>`}
      <ul class="rows">
        ${alerts.slice(0, MOST).map(
          (alert) => html`<li key=${alert.id} class="row">
            <${Icon} name="bell" />
            <strong>${
              alert.kind === "ready"
                ? t("waiter.ready", { number: alert.orderNumber })
                : t(`waiter.asks.${alert.kind}`)
            }</strong>
            <span>${t("table", { number: alert.tableNumber })}</span>
            <span class="grow"></span>
            ${alert.level > 0 && html`<span class="tag bad">${t("waiter.escalated")}</span>`}
            <span class=${`age ${isLate(alert) ? "bad" : "ok"}`}>${elapsed(secondsSince(alert.raisedAt))}</span>
          </li>`,
        )}
      </ul>
      <${More} count=${alerts.length - MOST} />
    </${Card}>
  `;
}

function SoldOut({ dishes }) {
  return html`
    <${Card} title=${t("m.live.soldOut")} count=${dishes.length} class="now-sold-out">
      ${dishes.length === 0 && html`<${Nothing}>${t("m.live.noSoldOut")}</${Nothing}>`}
      <ul class="rows">
        ${dishes.map(
          (dish) => html`<li key=${dish.id} class="row">
            <span class="grow">${dish.name}</span>
            <button class="button small" onClick=${() => desk.setAvailable(dish.id, true)}>
              ${t("m.live.backOn")}<span class="hidden">: ${dish.name}</span>
            </button>
          </li>`,
        )}
      </ul>
    </${Card}>
  `;
}
