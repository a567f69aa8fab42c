// What of the bill somebody pays: all of it, an equal part, their own dishes, some, or an amount.

import { amountOf, decimal, money } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { dishOf, equalShare, leftOf, minesOf, sumOf } from "../../lib/bill.js";
import { html, Stepper } from "../../lib/ui.js";
import * as guest from "../guest/visit.js";

export const MODES = ["all", "equal", "mine", "items", "amount"];
const AMONG = [1, 2, 3, 4, 5, 6];

// Returns what the choice comes to.
export function amountIn(bill, choice, me) {
  const open = bill.outstanding;
  const of = {
    all: () => open,
    equal: () => (choice.leg ? legOf(bill, choice.leg) : equalShare(open, choice.parts)),
    mine: () => Math.min(open, minesOf(bill, me).reduce((sum, line) => sum + leftOf(line), 0)),
    items: () => Math.min(open, sumOf(bill, choice.items)),
    amount: () => choice.amount,
  };
  return of[choice.mode]();
}

const legOf = (bill, id) => bill.legs.find((leg) => leg.id === id)?.amount ?? 0;

export function ModeChips({ bill, choice, onChange, me }) {
  const usable = MODES.filter((mode) => mode !== "mine" || minesOf(bill, me).length > 0);
  return html`<div class="chips" role="group" aria-label=${t("pay.what")}>
    ${usable.map(
      (mode) => html`<button
        class="chip"
        aria-pressed=${choice.mode === mode}
        onClick=${() => onChange({ mode })}
      >
        ${t(`pay.mode.${mode}`)}
      </button>`,
    )}
  </div>`;
}

export function ModeDetails({ bill, choice, onChange, me }) {
  if (choice.mode === "equal") return html`<${Equal} choice=${choice} onChange=${onChange} />`;
  if (choice.mode === "amount") return html`<${Amount} bill=${bill} onChange=${onChange} />`;
  if (choice.mode === "items" || choice.mode === "mine") {
    return html`<${Lines} bill=${bill} choice=${choice} onChange=${onChange} me=${me} />`;
  }
  return null;
}

function Equal({ choice, onChange }) {
  return html`<div class="pay-row">
    <span class="grow">${t("pay.people")}</span>
    <${Stepper}
      value=${choice.parts}
      min=${2}
      max=${20}
      label=${t("pay.people")}
      onChange=${(parts) => onChange({ parts, leg: null })}
    />
  </div>`;
}

function Amount({ bill, onChange }) {
  const read = (event) => {
    const amount = amountOf(event.currentTarget.value, bill.currency) ?? 0;
    onChange({ amount: Math.max(0, Math.min(amount, bill.outstanding)) });
  };
  return html`<label class="field">
    <span>${t("pay.amount", { most: money(bill.outstanding, bill.currency) })}</span>
    <input inputmode="decimal" autocomplete="off" placeholder=${decimal(0, bill.currency)} onInput=${read} />
  </label>`;
}

function Lines({ bill, choice, onChange, me }) {
  const shown = choice.mode === "mine" ? minesOf(bill, me) : bill.lines;
  const set = (line, among) => {
    const items = new Map(choice.items);
    if (among) items.set(line.itemId, among);
    else items.delete(line.itemId);
    onChange({ items });
  };
  return html`<ul class="pay-lines">
    ${shown.map((line) => html`<${Line} key=${line.itemId} bill=${bill} line=${line} choice=${choice} set=${set} />`)}
  </ul>`;
}

function Line({ bill, line, choice, set }) {
  const left = leftOf(line);
  const among = choice.items.get(line.itemId) ?? 0;
  const dish = dishOf(line, guest.orders.value);
  const name = `${line.quantity}× ${pick(dish?.names, line.name)}`;
  const fixed = choice.mode === "mine";
  return html`<li class=${`pay-line ${left ? "" : "gone"}`}>
    <label class="pay-pick">
      ${!fixed &&
      html`<input
        type="checkbox"
        checked=${among > 0}
        disabled=${!left}
        onChange=${(event) => set(line, event.currentTarget.checked ? 1 : 0)}
      />`}
      <span class="grow">${name}${line.guestName && html` <small>${line.guestName}</small>`}</span>
      <span class="price">${left ? money(left, bill.currency) : t("pay.taken")}</span>
    </label>
    ${among > 0 &&
    !fixed &&
    html`<label class="pay-among">
      <span>${t("pay.among")}</span>
      <select onChange=${(event) => set(line, Number(event.currentTarget.value))}>
        ${AMONG.map((count) => html`<option value=${count} selected=${count === among}>${count}</option>`)}
      </select>
    </label>`}
  </li>`;
}
