// Above and below the grid: what is to be done and how fast it goes, what waits at the pass.

import { tickingNow } from "../../lib/clock.js";
import { number, time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { audible, play, wake } from "../../lib/sound.js";
import { html, Icon } from "../../lib/ui.js";
import { LinkDot } from "../../parts/banner.js";
import * as board from "./board.js";
import { fullScreen } from "./keys.js";

export function Bar({ drawer, onAllDay, onPanel }) {
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
      <div class="bar-facts"><${Open} /><${Pace} /></div>
      <span class="grow"></span>
      ${!audible.value &&
      html`<button class="bar-button loud" aria-label=${t("kitchen.soundOn")} onClick=${() => wake().then(() => play("ready"))}>
        <${Icon} name="mute" /> <span>${t("kitchen.soundOn")}</span>
      </button>`}
      <button class="bar-button" aria-label=${t("kitchen.allDay")} aria-pressed=${drawer} onClick=${onAllDay}>
        <${Icon} name="list" /> <span>${t("kitchen.allDay")}</span>
      </button>
      <button class="bar-button" aria-label=${t("kitchen.recall")} onClick=${() => onPanel({ name: "recall" })}>
        <${Icon} name="undo" /> <span>${t("kitchen.recall")}</span>
      </button>
      <button class="bar-button" aria-label=${t("kitchen.fullScreen")} onClick=${fullScreen}>
        <${Icon} name="full" />
      </button>
      <button class="bar-button" aria-label=${t("settings")} onClick=${() => onPanel({ name: "settings" })}>
        <${Icon} name="gear" />
      </button>
      <div class="bar-state">
        <${LinkDot} link=${board.link} />
        ${board.link.status.value === "live" && board.link.lag.value !== null && html`<span class="bar-lag" title=${t("kitchen.lag")}>${number(board.link.lag.value)} ms</span>`}
        <${Clock} />
      </div>
    </header>
  `;
}

function Open() {
  const count = board.openItems.value;
  return html`<p class="bar-open"><strong>${count}</strong> ${t("kitchen.openItems", { count })}</p>`;
}

const Clock = () => html`<time class="bar-clock">${time(tickingNow())}</time>`;

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
export function Pass({ pages, at, onPage, onPanel }) {
  const isNews = (cells) => cells.some((cell) => board.fresh.value.has(cell.order.id));
  return html`
    <footer class="pass">
      <${Waiting} onPanel=${onPanel} />
      ${pages.length > 1 &&
      html`<nav class="pages" aria-label=${t("kitchen.pages")}>
        ${pages.map(
          (cells, index) => html`<${Dot}
            number=${index + 1}
            count=${pages.length}
            here=${index === at}
            news=${index !== at && isNews(cells)}
            onPage=${onPage}
          />`,
        )}
      </nav>`}
    </footer>
  `;
}

const FIT = 24; // on the widest screen; the list that a tap opens has them all

function Waiting({ onPanel }) {
  const waiting = board.atPass.value;
  return html`<button class="pass-list" onClick=${() => onPanel({ name: "recall" })}>
    <span class="pass-title">${t("kitchen.atPass")}</span>
    ${waiting.length === 0 && html`<span class="muted">${t("kitchen.nothingAtPass")}</span>`}
    ${waiting.slice(0, FIT).map(
      (order) => html`<span key=${order.id} class="pass-order">
        #${order.orderNumber} <small>${t("table", { number: order.tableNumber })}</small>
      </span>`,
    )}
  </button>`;
}

function Dot({ number, count, here, news, onPage }) {
  return html`<button
    class=${`page-dot ${news ? "news" : ""}`}
    aria-label=${t("kitchen.page", { number, count })}
    aria-current=${here ? "page" : undefined}
    onClick=${() => onPage(number - 1)}
  >
    ${number}
  </button>`;
}
