// The first tab: what is ready, who calls, who wants the bill; oldest first.

import { useState } from "preact/hooks";
import { hasAllergy } from "../../lib/allergy.js";
import { minutesSince } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { Noted } from "../../parts/note.js";
import * as floor from "./floor.js";

export function CallsTab() {
  const list = floor.calls.value;
  return html`
    <section class="calls-tab" aria-label=${t("waiter.alerts")}>
      ${list.length === 0 &&
      html`<div class="quiet">
        <div class="quiet-mark"><${Icon} name="check" /></div>
        <p>${t("waiter.allQuiet")}</p>
      </div>`}
      ${list.map((call) => html`<${Call} key=${call.it.id} call=${call} />`)}
    </section>
  `;
}

function Call({ call }) {
  const { type, it } = call;
  const open = it.status === "RAISED" || it.status === "REQUESTED";
  const kind = type === "alert" ? "ready" : it.kind;
  const order = floor.orders.value.get(it.orderId);
  const minutes = minutesSince(call.at);
  const { pulled, ...swipe } = useSwipe(() => finish(call));
  return html`
    <article
      class=${`call-card k-${kind} ${open ? "open" : "taken"} ${Math.abs(pulled) > FAR ? "far" : ""}`}
      style=${pulled ? { transform: `translateX(${pulled}px)` } : {}}
      ...${swipe}
    >
      <header class="call-head">
        <${Icon} name=${{ ready: "check", call: "bell", bill: "bill", water: "water" }[kind] ?? "note"} />
        <div class="grow">
          <h2>${t("table", { number: it.tableNumber })}</h2>
          <p class="call-what">
            ${kind === "ready"
              ? t("waiter.ready", { number: it.orderNumber })
              : t(`waiter.asks.${kind}`)}
          </p>
        </div>
        <span class="call-age">
          ${it.level > 0 && html`<span class="tag bad">${t("waiter.escalated")}</span>`}
          ${minutes < 1 ? t("justNow") : t("minutesAgo", { count: minutes })}
        </span>
      </header>
      ${type === "alert" && order && html`<${Ready} order=${order} />`}
      ${it.note && html`<p class="extra note" dir="auto">${it.note}</p>`}
      ${!open &&
      it.acknowledgedByName &&
      html`<p class="taken-by">
        <${Icon} name="user" /> ${t("waiter.takenBy", { name: it.acknowledgedByName })}
      </p>`}
      <footer class="call-foot">
        ${open
          ? html`<button class="button primary big" onClick=${() => floor.acknowledge(call)}>
              ${t("waiter.ack")}
            </button>`
          : html`<button class="button big" onClick=${() => finish(call)}>
              <${Icon} name="check" /> ${t(type === "alert" ? "waiter.serve" : "done")}
            </button>`}
      </footer>
    </article>
  `;
}

const FAR = 120; // px a card is pulled until letting go means that it is done

// Pull a card aside: served, or done. Whoever cannot swipe has the buttons.
function useSwipe(done) {
  const [from, setFrom] = useState(null);
  const [pulled, setPulled] = useState(0);
  const end = () => {
    if (Math.abs(pulled) > FAR) done();
    setFrom(null);
    setPulled(0);
  };
  return {
    pulled,
    onPointerDown: (event) => event.target.closest("button") || setFrom(event.clientX),
    onPointerMove: (event) => from !== null && setPulled(event.clientX - from),
    onPointerUp: end,
    onPointerCancel: end,
    onPointerLeave: end,
  };
}

// What is to be carried, and what whoever carries it must know: which plate is without nuts.
function Ready({ order }) {
  const ready = order.items.filter((item) => item.status === "READY");
  return html`
    ${hasAllergy({ ...order, items: ready }) &&
    html`<p class="call-allergy"><${Icon} name="warn" /> ${t("kitchen.allergy")}</p>`}
    <div class="call-items">
      <${Noted} of=${order} kind="extra note" />
      <ul>
        ${ready.map(
          (item) => html`<li>
            <span class="qty">${item.quantity}×</span> ${pick(item.names, item.name)}
            ${item.modifiers.length > 0 &&
            html`<span class="muted"> · ${item.modifiers.map((m) => pick(m.texts, m.name)).join(", ")}</span>`}
            <${Noted} of=${item} kind="extra note" />
          </li>`,
        )}
      </ul>
    </div>
  `;
}

function finish({ type, it }) {
  if (type === "request") return floor.finish(it);
  const order = floor.orders.value.get(it.orderId);
  return order && floor.serve(order);
}
