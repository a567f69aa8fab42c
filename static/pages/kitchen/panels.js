// What opens beside or over the grid: all-day counts with the 86 switch, recall, menus.

import { useState } from "preact/hooks";
import { time } from "../../lib/format.js";
import { lang, pick, t } from "../../lib/i18n.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import { askReason } from "../../parts/asker.js";
import * as board from "./board.js";
import * as steps from "./steps.js";
import { allDay } from "./tickets.js";

// Stays open beside the grid; a tap on a count lights up the tickets it comes from.
export function AllDay({ lit, onLight, onClose }) {
  const [find, setFind] = useState("");
  const counts = allDay(board.orders.value.values(), board.station.value);
  const dishes = [...board.menu.dishes.value.values()];
  const wanted = find.trim().toLocaleLowerCase(lang.value);
  const found = wanted
    ? dishes.filter((dish) => dish.name.toLocaleLowerCase(lang.value).includes(wanted))
    : dishes.filter((dish) => !dish.available);
  return html`
    <aside class="all-day" aria-label=${t("kitchen.allDay")}>
      <header class="all-day-head">
        <h2>${t("kitchen.allDay")}</h2>
        <button class="icon-button" aria-label=${t("close")} onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </header>
      <ul class="all-day-list">
        ${counts.map(
          ({ id, item, todo, held }) => html`<li key=${id} class="all-day-row">
            <button
              class="all-day-count"
              aria-pressed=${lit === id}
              onClick=${() => onLight(lit === id ? null : id)}
            >
              <strong>${todo}</strong>
              <span>${pick(item.names, item.name)}</span>
              ${held > 0 && html`<small>${t("kitchen.held", { count: held })}</small>`}
            </button>
            <${Switch} dish=${board.menu.dish(id)} />
          </li>`,
        )}
        ${counts.length === 0 && html`<li class="muted all-day-none">${t("kitchen.nothing")}</li>`}
      </ul>
      <section class="eighty-six">
        <h3>${t("kitchen.soldOut")}</h3>
        <label class="field">
          <span>${t("kitchen.findDish")}</span>
          <input type="search" value=${find} onInput=${(e) => setFind(e.currentTarget.value)} />
        </label>
        <ul>
          ${found.map(
            (dish) => html`<li key=${dish.id} class="all-day-row">
              <span class="grow">${dish.name}</span><${Switch} dish=${dish} />
            </li>`,
          )}
        </ul>
      </section>
    </aside>
  `;
}

function Switch({ dish }) {
  if (!dish) return null;
  const label = t(dish.available ? "kitchen.turnOff" : "kitchen.turnOn", { name: dish.name });
  return html`<button
    class=${`switch ${dish.available ? "" : "off"}`}
    onClick=${() => steps.setAvailable(dish, !dish.available)}
  >
    ${t(dish.available ? "kitchen.has" : "kitchen.out")}<span class="hidden">. ${label}</span>
  </button>`;
}

// What was bumped last: first what still waits at the pass, then what has been brought out.
export function Recall({ onClose }) {
  const list = [...board.finished.value, ...board.leftOurs.value];
  const back = (order) => {
    steps.recallOrder(order);
    onClose();
  };
  return html`<${Sheet} title=${t("kitchen.recall")} subtitle=${t("kitchen.recallText")} onClose=${onClose}>
    ${list.length === 0 && html`<p class="empty">${t("kitchen.nothingToRecall")}</p>`}
    <div class="choices">
      ${list.map(
        (order) => html`<button key=${order.id} class="choice tall" onClick=${() => back(order)}>
          <span>
            <strong>#${order.orderNumber}</strong> ${t("table", { number: order.tableNumber })}
            <br /><span class="muted">
              ${order.items.map((item) => `${item.quantity} ${pick(item.names, item.name)}`).join(", ")}
            </span>
          </span>
          <span>${t(`status.${order.status}`)} ${time(order.readyAt ?? order.updatedAt)}</span>
        </button>`,
      )}
    </div>
  </${Sheet}>`;
}

export function OrderMenu({ order, onClose }) {
  const act = (work) => () => {
    onClose();
    work();
  };
  const refuse = async () => {
    const reason = await askReason(t("kitchen.reject"), t("kitchen.rejectText"));
    if (reason) steps.reject(order, reason);
  };
  const title = `#${order.orderNumber} · ${t("table", { number: order.tableNumber })}`;
  return html`<${Sheet} title=${title} kind="small" onClose=${onClose}>
    <div class="choices">
      <button class="choice tall" onClick=${act(() => steps.rush(order))}>
        ${t(order.priority === "RUSH" ? "kitchen.rushOff" : "kitchen.rushOn")}
      </button>
      <button class="choice tall" onClick=${act(() => steps.stepBack(order))}>
        ${t("kitchen.stepBack")}
      </button>
      ${order.status === "PENDING" &&
      html`<button class="choice tall danger" onClick=${act(refuse)}>${t("kitchen.reject")}</button>`}
    </div>
  </${Sheet}>`;
}

const COOKED = ["PREPARING", "READY", "SERVED"];

export function ItemMenu({ order, item, onClose }) {
  const name = pick(item.names, item.name);
  const dish = board.menu.dish(item.menuItemId);
  const act = (work) => () => {
    onClose();
    work();
  };
  const strike = async () => {
    const optional = !COOKED.includes(item.status);
    const reason = await askReason(t("void"), name, { optional });
    if (reason !== null) steps.voidItem(order, item, reason);
  };
  const again = ["READY", "SERVED"].includes(item.status);
  return html`<${Sheet} title=${`${item.quantity} × ${name}`} kind="small" onClose=${onClose}>
    <div class="choices">
      ${again &&
      html`<button class="choice tall" onClick=${act(() => steps.remake(order, item))}>
        ${t("remake")}
      </button>`}
      ${dish &&
      html`<button
        class="choice tall"
        onClick=${act(() => steps.setAvailable(dish, !dish.available))}
      >
        ${t(dish.available ? "kitchen.turnOff" : "kitchen.turnOn", { name: dish.name })}
      </button>`}
      <button
        class="choice tall danger"
        disabled=${item.status === "VOIDED"}
        onClick=${act(strike)}
      >
        ${t("void")}
      </button>
    </div>
  </${Sheet}>`;
}
