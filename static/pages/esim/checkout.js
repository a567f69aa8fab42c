// A purchase under way: what it is, what it waits for, and how to pay.

import { useEffect, useState } from "preact/hooks";
import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Sheet } from "../../lib/ui.js";
import { sizeOf } from "./offers.js";
import * as trip from "./trip.js";

export function Checkout() {
  const now = trip.buying.value;
  if (!now) return null;
  const { package: offer, status, coins } = now;
  const price = money(offer.price, offer.currency);
  const waits = status === "WAITING";
  const key = { WAITING: "esim.toPay", UNKNOWN: "esim.inDoubt" }[status] ?? "esim.underWay";
  // It cannot be closed: a purchase goes on, or is called off. One that is being paid in coins is
  // called off by reading the chain first: something may be on its way.
  const close = () => waits && (coins ? trip.otherwise() : trip.callOff());
  return html`<${Sheet} title=${t("esim.buying")} kind="small" onClose=${close}>
    <p class="esim-total">
      <span>${offer.operator} ${sizeOf(offer)}</span><strong class="price">${price}</strong>
    </p>
    <p role="status">${t(key, { price })}</p>
    ${waits && (coins ? html`<${Coins} coins=${coins} />` : html`<${Pay} offer=${offer} price=${price} />`)}
  </${Sheet}>`;
}

function Pay({ offer, price }) {
  useEffect(() => void trip.fetchCoins(), []);
  return html`
    <button class="button primary" onClick=${trip.payByCard}>${t("esim.payByCard", { price })}</button>
    ${Object.entries(trip.taken.value).map(
      ([asset, coin]) =>
        html`<button class="button" onClick=${() => trip.payInCoins(asset)}>${t("esim.payInCoins", { coin })}</button>`,
    )}
    ${offer.sandbox &&
    html`<button class="button" onClick=${trip.payForTrying}>${t("esim.payForTrying", { price })}</button>`}
    <button class="button" onClick=${trip.callOff}>${t("esim.callOff")}</button>
  `;
}

function Coins({ coins }) {
  const [pages, setPages] = useState(null);
  useEffect(() => void trip.wallet().then(setPages), []);
  if (coins.closing) return html`<p>${t("esim.checking")}</p>`;
  return html`
    ${pages && html`<div class="esim-coins"><${pages.Transfer} payment=${{ id: coins.paymentId }} /></div>`}
    <button class="button" onClick=${trip.otherwise}>${t("esim.otherwise")}</button>
  `;
}
