// The kitchen's wall screen.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { beatEvery, tickingNow } from "../lib/clock.js";
import { time } from "../lib/format.js";
import { speak, t } from "../lib/i18n.js";
import { audible, play, wake } from "../lib/sound.js";
import { recall, remember } from "../lib/store.js";
import { html, Icon } from "../lib/ui.js";
import { Banner, LinkDot } from "../parts/banner.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import * as board from "./kitchen/board.js";
import { Card } from "./kitchen/card.js";
import { fullScreen, useKeys } from "./kitchen/keys.js";
import { AllDay, ItemMenu, OrderMenu, Recall, Settings } from "./kitchen/panels.js";
import { layOut, ourItems } from "./kitchen/tickets.js";

const ROLES = ["kitchen", "expo", "manager", "admin"];
const HEARTBEAT_MS = 4_000; // so that a dead line is known before the banner is due

function Board() {
  const [panel, setPanel] = useState(null); // {name, order, item}
  const [drawer, setDrawer] = useState(false);
  const [lit, setLit] = useState(null);
  const [page, setPage] = useState(0);
  const [selected, setSelected] = useState(null);
  const [size, setSize] = useState(recall("kitchen:size") ?? "m");
  const { columns, rows, tall } = useGrid(size, drawer);
  const narrow = columns === 1;
  const pages = narrow
    ? [board.shown.value.map((order, row) => ({ order, column: 0, row, span: 1 }))]
    : layOut(board.shown.value, columns, rows, board.station.value, tall);
  const at = Math.min(page, pages.length - 1);
  const cells = pages[at];
  const chosen = board.shown.value.find((order) => order.id === selected) ?? null;
  const close = () => setPanel(null);
  useBeat();
  useKeys({
    ticket: () => chosen,
    select: (index) => setSelected(cells[index]?.order.id ?? null),
    rows: () => rows,
    move: (step) => {
      const from = cells.findIndex((cell) => cell.order.id === selected);
      const to = Math.max(0, Math.min(cells.length - 1, from < 0 ? 0 : from + step));
      setSelected(cells[to]?.order.id ?? null);
    },
    page: (step) => setPage(Math.max(0, Math.min(pages.length - 1, at + step))),
    allDay: () => setDrawer(!drawer),
    recall: () => setPanel({ name: "recall" }),
  });
  const choose = (each) => {
    remember("kitchen:size", each);
    setSize(each);
  };
  return html`
    <div class=${`board size-${size} ${drawer ? "with-drawer" : ""} ${narrow ? "narrow" : ""}`}>
      <${Banner} link=${board.link} what="offline.staff" alarm=${() => play("alarm")} />
      <${Bar} drawer=${drawer} onAllDay=${() => setDrawer(!drawer)} onPanel=${(name) => setPanel({ name })} />
      <main
        class="grid"
        id="main"
        style=${narrow ? {} : tracks(columns, rows)}
      >
        ${cells.length === 0 && html`<${Nothing} />`}
        ${cells.map(
          (cell, index) => html`<${Card}
            key=${cell.order.id}
            ...${cell}
            number=${index < 10 ? (index + 1) % 10 : null}
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
    html`<${Settings} size=${size} onSize=${choose} onClose=${close} />`}
    ${panel?.name === "order" && html`<${OrderMenu} order=${panel.order} onClose=${close} />`}
    ${panel?.name === "item" &&
    html`<${ItemMenu} order=${panel.order} item=${panel.item} onClose=${close} />`}
  `;
}

const tracks = (columns, rows) => ({
  gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
  gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
});

const LINE = { s: 38, m: 44, l: 56 }; // px that one line of a ticket takes, by text size
const FIXED = 150; // px of a ticket that are not lines: its head, its foot, its edges
const AROUND = 150; // px above and below the grid
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
      <time class="bar-clock">${time(tickingNow())}</time>
    </header>
  `;
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
  const width = box.width - (drawer && box.width > 900 ? 340 : 0);
  const columns = Math.max(1, Math.min(10, Math.floor(width / CELL[size])));
  const rows = box.height > box.width ? 3 : box.height >= 760 ? 2 : 1;
  const tall = Math.max(3, ((box.height - AROUND) / rows - FIXED) / LINE[size]);
  return { columns, rows, tall };
}

const App = () =>
  html`<${Shift} title=${t("kitchen")} roles=${ROLES} open=${board.open} Page=${Board} />`;

beatEvery(1000); // the timers of all cards move together
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
