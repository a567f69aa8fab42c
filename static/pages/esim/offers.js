// What there is to buy: a country, and its packages.

import { useEffect, useState } from "preact/hooks";
import { money, number } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { countries } from "../../lib/countries.js";
import * as trip from "./trip.js";

export function Shop() {
  const [country, setCountry] = useState("");
  useEffect(() => void trip.look(country ? { country } : {}), [country]);
  return html`<section class="esim-shop" aria-labelledby="shop-title">
    <h2 id="shop-title">${t("esim.where")}</h2>
    <label class="field">
      <span>${t("esim.country")}</span>
      <select value=${country} onChange=${(event) => setCountry(event.currentTarget.value)}>
        <option value="">${t("esim.many")}</option>
        ${countries().map(({ code, name }) => html`<option value=${code}>${name}</option>`)}
      </select>
    </label>
    <${Offers} onBuy=${(offer) => trip.buy(offer, { country })} />
  </section>`;
}

export function Offers({ onBuy }) {
  const { packages, error } = trip.offers.value;
  if (error) return html`<p class="esim-none">${t("esim.notNow")}</p>`;
  if (!packages) return html`<div class="esim-bones" aria-busy="true" aria-label=${t("loading")}>
    ${[1, 2, 3].map(() => html`<div class="bone"></div>`)}
  </div>`;
  if (!packages.length) return html`<p class="esim-none">${t("esim.none")}</p>`;
  return html`<ul class="esim-offers">
    ${packages.map((offer) => html`<${Offer} key=${offer.id} offer=${offer} onBuy=${onBuy} />`)}
  </ul>`;
}

function Offer({ offer, onBuy }) {
  const price = money(offer.price, offer.currency);
  const what = `${sizeOf(offer)}, ${t("esim.days", { count: offer.days })}`;
  return html`<li class="esim-offer">
    <div class="esim-size">
      <strong>${sizeOf(offer)}</strong>
      <span>${t("esim.days", { count: offer.days })}</span>
    </div>
    <div class="grow">
      <p>${offer.operator}</p>
      ${offer.countries.length > 1 &&
      html`<p class="muted">${t("esim.inCountries", { count: offer.countries.length })}</p>`}
    </div>
    <button
      class="button primary"
      aria-label=${t("esim.buyWhat", { what, price })}
      disabled=${trip.buying.value !== null}
      onClick=${() => onBuy(offer)}
    >
      <span class="price">${price}</span>
    </button>
    ${offer.sandbox && html`<p class="esim-trial"><${Sandbox} /></p>`}
  </li>`;
}

export function sizeOf({ megabytes }) {
  if (megabytes === null) return t("esim.unlimited");
  const giga = megabytes / 1024;
  return giga >= 1 ? `${number(Math.round(giga * 10) / 10)} GB` : `${number(megabytes)} MB`;
}

// Whatever came from a stand-in says so.
export function Sandbox() {
  return html`<span class="tag warn sandbox-tag"><${Icon} name="warn" /> ${t("sandbox")}</span>`;
}
