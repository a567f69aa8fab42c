// Paying on the guest's phone: what, how much on top, and by which means.

import { useEffect, useState } from "preact/hooks";
import { now } from "../../lib/clock.js";
import { amountOf, decimal, money, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { isOpen, isTaken, minesOf, partsOf, rateOf } from "../../lib/bill.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import * as guest from "../guest/visit.js";
import { amountIn, ModeChips, ModeDetails } from "./choice.js";
import { Paid, Waiting } from "./receipt.js";
import { Sums } from "./sums.js";
import * as till from "./till.js";
import { assets, fetchAssets } from "./ton.js";

const TIPS = [0, 5, 10, 15];

export function PaySheet({ onClose }) {
  const bill = guest.bill.value;
  const me = guest.visit.value.guest.id;
  if (!bill) return null;
  const shown = bill.payments.find((each) => each.id === till.opened.value);
  const close = () => {
    till.opened.value = null;
    onClose();
  };
  if (shown && isTaken(shown)) return html`<${Paid} bill=${bill} payment=${shown} onClose=${close} />`;
  const trying = bill.payments.find((each) => each.payer === me && isOpen(each));
  if (trying) return html`<${Waiting} bill=${bill} payment=${trying} onClose=${close} />`;
  return html`<${Choose} bill=${bill} me=${me} over=${shown && isOver(shown)} onClose=${close} />`;
}

// What was sent to a wallet after its time is not lost, but nothing here can tell whose it is.
const isOver = ({ method, status, failure }) =>
  method === "TON_WALLET" && status === "FAILED" && failure !== "cancelled";

function Choose({ bill, me, over, onClose }) {
  const [choice, setChoice] = useState({ mode: "all", parts: 2, leg: null, items: new Map(), amount: 0 });
  const [tip, setTip] = useState({ percent: 0, own: null });
  const [means, setMeans] = useState({ method: "CARD" });
  useEffect(() => void fetchAssets(), []);
  const amount = amountIn(bill, choice, me);
  const extra = tip.own ?? rateOf(amount, tip.percent);
  const due = amount > 0 && bill.outstanding > 0;
  const change = (some) => setChoice({ ...choice, ...some });
  const pay = async () => {
    const what = await whatOf(bill, choice, me);
    if (what) till.pay(what, means, extra);
  };
  const footer = html`<button class="button primary grow" disabled=${!due || till.busy.value} onClick=${pay}>
    <span>${t(means.method === "CASH" ? "pay.callWaiter" : "pay.now")}</span>
    <span class="price">${money(amount + extra, bill.currency)}</span>
  </button>`;
  return html`<${Sheet}
    title=${t("pay.title")}
    subtitle=${t("table", { number: bill.tableNumber })}
    footer=${footer}
    onClose=${onClose}
  >
    ${over && html`<p class="tag bad" role="alert">${t("pay.tonOver")}</p>`}
    <${Sums} bill=${bill} />
    ${bill.outstanding > 0 &&
    html`
      <${ModeChips} bill=${bill} choice=${choice} onChange=${change} me=${me} />
      <${ModeDetails} bill=${bill} choice=${choice} onChange=${change} me=${me} />
      <${Tip} tip=${tip} extra=${extra} bill=${bill} onChange=${setTip} />
      <${Means} means=${means} onChange=${setMeans} />
    `}
    <${Others} bill=${bill} />
  </${Sheet}>`;
}

// How bill:pay is told what is paid; an equal split is made first, for all to see.
async function whatOf(bill, choice, me) {
  if (choice.mode === "all") return {};
  if (choice.mode === "amount") return { amount: choice.amount };
  if (choice.mode === "items") return { items: partsOf(choice.items) };
  if (choice.mode === "mine") {
    return { items: partsOf(new Map(minesOf(bill, me).map((line) => [line.itemId, 1]))) };
  }
  const leg = openLeg(bill, choice.parts) ?? (await till.splitEqually(choice.parts));
  return leg ? { leg } : null;
}

// Somebody at the table has split it into as many parts already.
function openLeg(bill, parts) {
  if (bill.split !== "equal" || bill.legs.length !== parts) return null;
  return bill.legs.find((leg) => leg.status === "OPEN" && leg.amount > 0)?.id ?? null;
}

function Tip({ tip, extra, bill, onChange }) {
  const read = (event) => {
    const amount = amountOf(event.currentTarget.value, bill.currency);
    onChange({ percent: 0, own: amount === null ? null : Math.max(0, amount) });
  };
  return html`<fieldset class="pay-tip">
    <legend>${t("pay.tip")} ${extra > 0 && html`<strong class="price">${money(extra, bill.currency)}</strong>`}</legend>
    <div class="chips">
      ${TIPS.map(
        (each) => html`<button
          class="chip"
          aria-pressed=${tip.own === null && tip.percent === each}
          onClick=${() => onChange({ percent: each, own: null })}
        >
          ${each ? percent(each) : t("pay.noTip")}
        </button>`,
      )}
      <span class="pay-own">
        <input
          inputmode="decimal"
          autocomplete="off"
          aria-label=${t("pay.ownTip")}
          placeholder=${`${t("pay.ownTip")} ${decimal(0, bill.currency)}`}
          onInput=${read}
        />
      </span>
    </div>
  </fieldset>`;
}

function Means({ means, onChange }) {
  const choices = [
    { method: "CARD", name: t("pay.card"), text: t("pay.cardText") },
    ...Object.entries(assets.value).map(([asset, coin]) => ({
      method: "TON_WALLET",
      asset,
      name: t("pay.ton", { coin }),
      text: t("pay.tonText"),
    })),
    { method: "CASH", name: t("pay.cash"), text: t("pay.cashText") },
  ];
  return html`<div class="pay-means" role="group" aria-label=${t("pay.how")}>
    ${choices.map(({ method, asset, name, text }) => {
      const chosen = means.method === method && means.asset === asset;
      const choose = () => onChange(asset ? { method, asset } : { method });
      return html`<button class="choice" aria-pressed=${chosen} onClick=${choose}>
        <span>${name}<small>${text}</small></span>
        ${chosen && html`<${Icon} name="check" />`}
      </button>`;
    })}
  </div>`;
}

// A card takes over by itself from who was too slow; a wallet's payment has to be called off.
const isLate = ({ method, status, closing, lockedUntil }) =>
  method === "TON_WALLET" && status === "PENDING" && !closing && Date.parse(lockedUntil) <= now();

// What the others at the table have paid, or are paying just now.
function Others({ bill }) {
  const some = bill.payments.filter((each) => isTaken(each) || isOpen(each));
  if (!some.length) return null;
  return html`<ul class="pay-others" aria-label=${t("pay.others")}>
    ${some.map(
      (each) => html`<li>
        <span class="grow">${each.payerName || t("pay.somebody")} · ${t(`pay.status.${each.status}`)}</span>
        ${isLate(each) &&
        html`<button class="button" disabled=${till.busy.value} onClick=${() => till.cancel(each)}>
          ${t("pay.cancel")}
        </button>`}
        <span class="price">${money(each.amount + each.tip, bill.currency)}</span>
      </li>`,
    )}
  </ul>`;
}
