// One table: what its party has ordered, and what may be done about it.

import { money, time } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import * as floor from "../waiter/floor.js";
import { canServe, moving, of, open, spoken } from "./state.js";

export function TableSheet() {
  const each = of(open.value);
  if (!each) return null;
  const { table } = each;
  const orders = floor.ordersAt(table.id);
  const close = () => {
    open.value = null;
  };
  const act = (work) => () => {
    close();
    work();
  };
  return html`<${Sheet}
    title=${t("table", { number: table.number })}
    subtitle=${spoken(each).split(", ").slice(1).join(", ")}
    onClose=${close}
  >
    ${orders.length + each.total === 0 && html`<p class="empty">${t("orders.none")}</p>`}
    ${orders.map((order) => html`<${Order} key=${order.id} order=${order} />`)}
    ${each.total > 0 && html`<${Sums} each=${each} />`}
    ${canServe.value &&
    html`<div class="choices">
      ${table.sessionId &&
      html`<button class="choice tall" onClick=${act(() => (moving.value = table.id))}>
          ${t("floor.moveOrMerge")} <${Icon} name="table" />
        </button>
        <button class="choice tall" onClick=${act(() => leave(table))}>
          ${t("waiter.closeTable")} <${Icon} name="out" />
        </button>`}
      ${each.state === "dirty" &&
      html`<button class="choice tall" onClick=${act(() => floor.clearTable(table))}>
        ${t("floor.clear")} <${Icon} name="check" />
      </button>`}
    </div>`}
  </${Sheet}>`;
}

async function leave(table) {
  const title = t("waiter.closeTable");
  const sure = await ask({ title, subtitle: t("waiter.closeText"), confirm: title });
  if (sure !== null) await floor.closeTable(table);
}

// All that the party has ordered, and what of it is still to be paid.
function Sums({ each }) {
  const line = (key, amount) => html`<p class="bill-line">
    <span>${t(key)}</span><strong class="price">${money(amount, each.currency)}</strong>
  </p>`;
  return html`<div class="table-sums">
    ${line("orders.total", each.total)}
    ${each.unpaid < each.total && line("waiter.toPay", each.unpaid)}
  </div>`;
}

function Order({ order }) {
  return html`<article class="order-card">
    <header class="order-head">
      <h3>#${order.orderNumber}</h3>
      <span class="grow">${t(`status.${order.status}`)} · ${time(order.createdAt)}</span>
      <span class="price">${money(order.totalAmount, order.currency)}</span>
    </header>
    <ul>
      ${order.items.map(
        (item) => html`<li class=${`round-item i-${item.status}`}>
          <span class="qty">${item.quantity}×</span>
          <div class="round-text"><span class="round-name">${pick(item.names, item.name)}</span></div>
          <span class=${`state state-${item.status}`}>${t(`kitchen.item.${item.status}`)}</span>
        </li>`,
      )}
    </ul>
  </article>`;
}
