// The kitchen's wall screen.

import { render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { beatEvery } from "../lib/clock.js";
import { speak, t } from "../lib/i18n.js";
import { play } from "../lib/sound.js";
import { html } from "../lib/ui.js";
import { Banner } from "../parts/banner.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import { atWork, Begin } from "./kitchen/begin.js";
import * as board from "./kitchen/board.js";
import { Card } from "./kitchen/card.js";
import { Bar, Pass } from "./kitchen/edges.js";
import { useKeys } from "./kitchen/keys.js";
import { AllDay, ItemMenu, OrderMenu, Recall } from "./kitchen/panels.js";
import { grid, Settings, size } from "./kitchen/settings.js";
import { layOut } from "./kitchen/tickets.js";

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
  const tickets = board.tickets.value;
  const pages = narrow
    ? layOut(tickets, 1, Math.max(1, tickets.length), board.station.value, Infinity)
    : layOut(tickets, columns, rows, board.station.value, tall);
  const at = Math.min(page, pages.length - 1);
  const cells = pages[at];
  const first = cells.filter((cell) => cell.part === 1 || cell === cells[0]);
  const chosen = board.shown.value.find((order) => order.id === selected) ?? null;
  const close = () => setPanel(null);
  // Whatever was touched before, the keys belong to the ticket that they chose.
  const choose = (id) => {
    setSelected(id);
    document.querySelector(`[data-order="${id}"]`)?.focus({ preventScroll: true });
  };
  const toggleDrawer = useCallback(() => setDrawer((open) => !open), []);
  useKeys({
    ticket: () => chosen,
    select: (index) => choose(first[index]?.order.id ?? null),
    rows: () => rows,
    move: (step) => {
      const from = cells.findIndex((cell) => cell.order.id === selected);
      let to = from < 0 ? 0 : from + step;
      while (from >= 0 && cells[to]?.order.id === selected) to += Math.sign(step);
      if (cells[to]) choose(cells[to].order.id);
    },
    page: (step) => setPage(Math.max(0, Math.min(pages.length - 1, at + step))),
    allDay: toggleDrawer,
    recall: () => setPanel({ name: "recall" }),
  });
  return html`
    <div class=${`board size-${size.value} ${drawer ? "with-drawer" : ""} ${narrow ? "narrow" : ""}`}>
      <${Banner} link=${board.link} what="offline.staff" alarm=${() => play("alarm")} />
      <${Bar} drawer=${drawer} onAllDay=${toggleDrawer} onPanel=${setPanel} />
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
            onPanel=${setPanel}
          />`,
        )}
      </main>
      ${drawer && html`<${AllDay} lit=${lit} onLight=${setLit} onClose=${() => setDrawer(false)} />`}
      <${Pass} pages=${pages} at=${at} onPage=${setPage} onPanel=${setPanel} />
      <${Beat} />
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
const LEAST = 5; // lines that a ticket has room for before there is a second row of them
const CELL = { s: 320, m: 370, l: 460 };

function Nothing() {
  return html`<div class="nothing">
    <img src="/static/icons/icon.svg" alt="" width="96" height="96" />
    <p>${t("kitchen.nothing")}</p>
  </div>`;
}

const hasDish = (order, dishId) =>
  dishId !== null && order.items.some((item) => item.menuItemId === dishId);

// Draws nothing; a component of its own, so that an event elsewhere does not draw the board anew.
function Beat() {
  const seq = board.link.seq.value;
  useEffect(() => {
    const timer = setTimeout(board.acknowledge, 200);
    return () => clearTimeout(timer);
  }, [seq]);
  useEffect(() => {
    const timer = setInterval(board.acknowledge, HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, []);
  return null;
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
  const fit = Math.floor((box.height - AROUND) / (FIXED + LEAST * LINE[size]));
  const rows = grid.value.rows || Math.max(1, Math.min(upright ? 3 : 2, fit));
  const tall = Math.max(3, ((box.height - AROUND) / rows - FIXED) / LINE[size]);
  return { columns, rows, tall };
}

const Page = () => (atWork() ? html`<${Board} />` : html`<${Begin} />`);

const App = () =>
  html`<${Shift} title=${t("kitchen")} roles=${ROLES} open=${board.open} Page=${Page} />`;

beatEvery(1000); // the timers of all cards move together
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
