// The kitchen's wall screen.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { beatEvery, tickingNow } from "../lib/clock.js";
import { number, time } from "../lib/format.js";
import { speak, t } from "../lib/i18n.js";
import { audible, play, wake } from "../lib/sound.js";
import { html, Icon } from "../lib/ui.js";
import { Banner, LinkDot } from "../parts/banner.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import { atWork, Begin } from "./kitchen/begin.js";
import * as board from "./kitchen/board.js";
import { Card } from "./kitchen/card.js";
import { fullScreen, useKeys } from "./kitchen/keys.js";
import { AllDay, ItemMenu, OrderMenu, Recall } from "./kitchen/panels.js";
import { grid, Settings, size } from "./kitchen/settings.js";
import { layOut, ourItems } from "./kitchen/tickets.js";

const ROLES = ["kitchen", "expo", "manager", "admin"];
const HEARTBEAT_MS = 4_000; // so that a dead line is known before the banner is due

function Board() {
  const [panel, setPanel] = useState(null); // {name, order, item}
  const [drawer, setDrawer] = useState(false);
  const [lit, setLit] = useState(null);
  const [page, setPage] = useState(0);
  const [selected, setSelected] = useState(null);
  const { columns, rows, tall } = useGrid(size.value, drawer);
  const narrow = columns === 1;
  const tickets = board.shown.value.map(board.visible);
  const pages = narrow
    ? layOut(tickets, 1, Math.max(1, tickets.length), board.station.value, Infinity)
    : layOut(tickets, columns, rows, board.station.value, tall);
  const at = Math.min(page, pages.length - 1);
  const cells = pages[at];
  const first = cells.filter((cell) => cell.part === 1 || cell === cells[0]);
  const chosen = board.shown.value.find((order) => order.id === selected) ?? null;
  const close = () => setPanel(null);
  useBeat();
  useKeys({
    ticket: () => chosen,
    select: (index) => setSelected(first[index]?.order.id ?? null),
    rows: () => rows,
    move: (step) => {
      const from = first.findIndex((cell) => cell.order.id === selected);
      const to = Math.max(0, Math.min(first.length - 1, from < 0 ? 0 : from + step));
      setSelected(first[to]?.order.id ?? null);
    },
    page: (step) => setPage(Math.max(0, Math.min(pages.length - 1, at + step))),
    allDay: () => setDrawer(!drawer),
    recall: () => setPanel({ name: "recall" }),
  });
  return html`
    <div class=${`board size-${size.value} ${drawer ? "with-drawer" : ""} ${narrow ? "narrow" : ""}`}>
      <${Banner} link=${board.link} what="offline.staff" alarm=${() => play("alarm")} />
      <${Bar} drawer=${drawer} onAllDay=${() => setDrawer(!drawer)} onPanel=${(name) => setPanel({ name })} />
      <main
        class="grid"
        id="main"
        style=${narrow ? {} : tracks(columns, rows)}
      >
        ${cells.length === 0 && html`<${Nothing} />`}
        ${cells.map(
          (cell) => html`<${Card}
            key=${`${cell.order.id}/${cell.part}`}
            ...${cell}
            number=${numberOf(first, cell)}
            selected=${cell.order.id === selected || hasDish(cell.order, lit)}
            onMenu=${(order) => setPanel({ name: "order", order })}
            onItemMenu=${(order, item) => setPanel({ name: "item", order, item })}
          />`,
        )}
      </main>
      ${drawer && html`<${AllDay} lit=${lit} onLight=${setLit} onClose=${() => setDrawer(false)} />`}
      <${Pass} pages=${pages} at=${at} onPage=${setPage} onRecall=${() => setPanel({ name: "recall" })} />
    </div>
    ${panel?.name === "recall" && html`<${Recall} onClose=${close} />`}
    ${panel?.name === "settings" &&
    html`<${Settings} onClose=${close} />`}
    ${panel?.name === "order" && html`<${OrderMenu} order=${panel.order} onClose=${close} />`}
    ${panel?.name === "item" &&
    html`<${ItemMenu} order=${panel.order} item=${panel.item} onClose=${close} />`}
  `;
}

// The key that selects a ticket: 1 to 9, then 0.
function numberOf(cells, cell) {
  const index = cells.indexOf(cell);
  return index < 0 || index > 9 ? null : (index + 1) % 10;
}

const tracks = (columns, rows) => ({
  gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
  gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
});

const LINE = { s: 38, m: 44, l: 56 }; // px that one line of a ticket takes, by text size
const FIXED = 150; // px of a ticket that are not lines: its head, its foot, its edges
const AROUND = 150; // px above and below the grid
const DRAWER = 320;
const CELL = { s: 320, m: 370, l: 460 };

function Bar({ drawer, onAllDay, onPanel }) {
  const open = board.shown.value
    .flatMap((order) => ourItems(order, board.station.value))
    .filter((item) => ["QUEUED", "PREPARING"].includes(item.status))
    .reduce((sum, item) => sum + item.quantity, 0);
  const stations = board.menu.menu.value.stations;
  return html`
    <header class="bar">
      <h1 class="hidden">${t("kitchen")}</h1>
      <label class="bar-station">
        <span class="hidden">${t("kitchen.station")}</span>
        <select
          value=${board.station.value}
          onChange=${(event) => board.chooseStation(event.currentTarget.value)}
        >
          <option value="">${t("kitchen.allStations")}</option>
          ${stations.map((each) => html`<option value=${each.id}>${each.name}</option>`)}
        </select>
      </label>
      <p class="bar-open"><strong>${open}</strong> ${t("kitchen.openItems", { count: open })}</p>
      <${Pace} />
      <span class="grow"></span>
      ${!audible.value &&
      html`<button class="bar-button loud" onClick=${() => wake().then(() => play("ready"))}>
        <${Icon} name="mute" /> <span>${t("kitchen.soundOn")}</span>
      </button>`}
      <button class="bar-button" aria-pressed=${drawer} onClick=${onAllDay}>
        <${Icon} name="list" /> <span>${t("kitchen.allDay")}</span>
      </button>
      <button class="bar-button" onClick=${() => onPanel("recall")}>
        <${Icon} name="undo" /> <span>${t("kitchen.recall")}</span>
      </button>
      <button class="bar-button" aria-label=${t("kitchen.fullScreen")} onClick=${fullScreen}>
        <${Icon} name="full" />
      </button>
      <button class="bar-button" aria-label=${t("settings")} onClick=${() => onPanel("settings")}>
        <${Icon} name="gear" />
      </button>
      <${LinkDot} link=${board.link} />
      ${board.link.lag.value !== null && html`<span class="bar-lag" title=${t("kitchen.lag")}>${number(board.link.lag.value)} ms</span>`}
      <time class="bar-clock">${time(tickingNow())}</time>
    </header>
  `;
}

// How long dishes take now: half of them no longer than p50, nine of ten no longer than p90.
function Pace() {
  const [p50, p90] = board.pace.value;
  if (p50 === null) return null;
  const minutes = (value) => t("minutes", { count: number(Math.round(value)) });
  return html`<p class="bar-pace" title=${t("kitchen.pace")}>
    p50 <strong>${minutes(p50)}</strong> p90 <strong>${minutes(p90)}</strong>
  </p>`;
}

// The lowest line: what waits at the pass, and which page of tickets this is.
function Pass({ pages, at, onPage, onRecall }) {
  const waiting = board.atPass.value;
  return html`
    <footer class="pass">
      <button class="pass-list" onClick=${onRecall}>
        <span class="pass-title">${t("kitchen.atPass")}</span>
        ${waiting.length === 0 && html`<span class="muted">${t("kitchen.nothingAtPass")}</span>`}
        ${waiting.map(
          (order) => html`<span key=${order.id} class="pass-order">
            #${order.orderNumber} <small>${t("table", { number: order.tableNumber })}</small>
          </span>`,
        )}
      </button>
      ${pages.length > 1 &&
      html`<nav class="pages" aria-label=${t("kitchen.pages")}>
        ${pages.map((cells, index) => {
          const label = t("kitchen.page", { number: index + 1, count: pages.length });
          const news = cells.some((cell) => board.fresh.value.has(cell.order.id));
          return html`<button
            class=${`page-dot ${news && index !== at ? "news" : ""}`}
            aria-label=${label}
            aria-current=${index === at ? "page" : undefined}
            onClick=${() => onPage(index)}
          >
            ${index + 1}
          </button>`;
        })}
      </nav>`}
    </footer>
  `;
}

function Nothing() {
  return html`<div class="nothing">
    <img src="/static/icons/icon.svg" alt="" width="96" height="96" />
    <p>${t("kitchen.nothing")}</p>
  </div>`;
}

const hasDish = (order, dishId) =>
  dishId !== null && order.items.some((item) => item.menuItemId === dishId);

function useBeat() {
  const seq = board.link.seq.value;
  useEffect(() => {
    const timer = setTimeout(board.acknowledge, 200);
    return () => clearTimeout(timer);
  }, [seq]);
  useEffect(() => {
    const timer = setInterval(board.acknowledge, HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, []);
}

function useGrid(size, drawer) {
  const [box, setBox] = useState({ width: innerWidth, height: innerHeight });
  useEffect(() => {
    const measure = () => setBox({ width: innerWidth, height: innerHeight });
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  const upright = box.height > box.width;
  const width = box.width - (drawer && box.width > 900 ? DRAWER : 0);
  const fits = Math.floor(width / (CELL[size] - (upright ? 30 : 0)));
  const columns = fits > 1 && grid.value.columns ? grid.value.columns : Math.max(1, Math.min(10, fits));
  const rows = grid.value.rows || (upright ? 3 : box.height >= 760 ? 2 : 1);
  const tall = Math.max(3, ((box.height - AROUND) / rows - FIXED) / LINE[size]);
  return { columns, rows, tall };
}

const Page = () => (atWork() ? html`<${Board} />` : html`<${Begin} />`);

const App = () =>
  html`<${Shift} title=${t("kitchen")} roles=${ROLES} open=${board.open} Page=${Page} />`;

beatEvery(1000); // the timers of all cards move together
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
