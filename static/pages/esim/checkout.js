// A purchase under way: what it is, what it waits for, and how to pay.

import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Sheet } from "../../lib/ui.js";
import { sizeOf } from "./offers.js";
import * as trip from "./trip.js";

export function Checkout() {
  const now = trip.buying.value;
  if (!now) return null;
  const { package: offer, status } = now;
  const price = money(offer.price, offer.currency);
  const waits = status === "WAITING";
  const key = { WAITING: "esim.toPay", UNKNOWN: "esim.inDoubt" }[status] ?? "esim.underWay";
  // It cannot be closed: a purchase goes on, or is called off.
  const close = () => waits && trip.callOff();
  return html`<${Sheet} title=${t("esim.buying")} kind="small" onClose=${close}>
    <p class="esim-total">
      <span>${offer.operator} ${sizeOf(offer)}</span><strong class="price">${price}</strong>
    </p>
    <p role="status">${t(key, { price })}</p>
    ${waits && html`<${Pay} offer=${offer} price=${price} />`}
    ${waits && html`<button class="button" onClick=${trip.callOff}>${t("esim.callOff")}</button>`}
  </${Sheet}>`;
}

function Pay({ offer, price }) {
  return html`
    <button class="button primary" onClick=${trip.payByCard}>${t("esim.payByCard", { price })}</button>
    ${offer.sandbox &&
    html`<button class="button" onClick=${trip.payForTrying}>${t("esim.payForTrying", { price })}</button>`}
  `;
}
