// The same floor as a list: for screen readers, for keyboards, and for small phones.

import { t } from "../../lib/i18n.js";
import { byZone } from "../../lib/tables.js";
import { html, Icon } from "../../lib/ui.js";
import { ICONS } from "./map.js";
import {
  arranging, confirmMove, minutesOf, moving, of, open, pointed, put, shown, totalText,
} from "./state.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function List() {
  const byId = new Map(shown.value.map((each) => [each.table.id, each]));
  const zones = [...byZone(shown.value.map(({ table }) => table))];
  return html`
    <nav class="floor-list" aria-label=${t("floor.list")}>
      ${arranging.value && html`<p class="muted list-hint">${t("floor.arrows")}</p>`}
      ${zones.map(
        ([zone, tables]) => html`<section key=${zone}>
          <h2>${zone || t("floor.room")}</h2>
          <ul>
            ${tables.map((table) => html`<${Row} key=${table.id} each=${byId.get(table.id)} />`)}
          </ul>
        </section>`,
      )}
    </nav>
  `;
}

function Row({ each }) {
  const { table, state } = each;
  const minutes = minutesOf(each);
  const choose = () => {
    if (arranging.value) return;
    if (moving.value) confirmMove(of(moving.value).table, table);
    else open.value = table.id;
  };
  const push = (event) => {
    const step = arranging.value && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const { x, y } = arranging.value.get(table.id);
    put(table.id, x + step[0], y + step[1]);
  };
  return html`<li>
    <button
      class=${`floor-row t-${state}`}
      data-row=${table.number}
      disabled=${moving.value === table.id}
      onClick=${choose}
      onKeyDown=${push}
      onFocus=${() => (pointed.value = table.id)}
      onBlur=${() => (pointed.value = null)}
    >
      <span class="hidden">${t("table", { number: table.number })}, </span>
      <span class="row-number" aria-hidden="true">${table.number}</span>
      <${Icon} name=${ICONS[state]} />
      <span class="row-state">${t(`tableState.${state}`)}</span>
      ${each.calling &&
      html`<${Icon} name="bell" /><span class="hidden">, ${t("tableState.calling")}</span>`}
      <span class="grow"></span>
      <span>${minutes === null ? "" : t("minutes", { count: minutes })}</span>
      <span class="price">${totalText(each)}</span>
    </button>
  </li>`;
}
