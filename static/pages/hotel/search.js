// When, and for whom: the form, and what it finds.

import { useState } from "preact/hooks";
import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon, Stepper } from "../../lib/ui.js";
import { found, search, searching } from "./visit.js";

const MOST_CHILDREN = 6;
const AGES = Array.from({ length: 18 }, (_, age) => age);

const iso = (date) => {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 10);
};
const after = (day, days = 1) => {
  const date = new Date(`${day}T12:00:00`);
  date.setDate(date.getDate() + days);
  return iso(date);
};

export function SearchForm() {
  const today = iso(new Date());
  const [stay, setStay] = useState({ checkin: today, checkout: after(today), adults: 2, children: [] });
  const set = (change) => setStay({ ...stay, ...change });
  const arrive = (checkin) => {
    if (checkin) set({ checkin, checkout: stay.checkout > checkin ? stay.checkout : after(checkin) });
  };
  const count = (children) => set({ children: AGES.slice(0, children).map((_, at) => stay.children[at] ?? 8) });
  const submit = (event) => {
    event.preventDefault();
    search(stay);
  };
  return html`<form class="stay-form" onSubmit=${submit}>
    <div class="stay-days">
      <label class="field">
        <span>${t("hotel.checkin")}</span>
        <input type="date" required min=${today} value=${stay.checkin}
          onInput=${(event) => arrive(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>${t("hotel.checkout")}</span>
        <input type="date" required min=${after(stay.checkin)} value=${stay.checkout}
          onInput=${(event) => event.currentTarget.value && set({ checkout: event.currentTarget.value })} />
      </label>
    </div>
    <div class="stay-people">
      <${People} label=${t("hotel.adults")} value=${stay.adults} min=${1} max=${10}
        onChange=${(adults) => set({ adults })} />
      <${People} label=${t("hotel.children")} value=${stay.children.length} min=${0} max=${MOST_CHILDREN}
        onChange=${count} />
    </div>
    ${stay.children.length > 0 &&
    html`<fieldset class="stay-ages">
      <legend>${t("hotel.ages")}</legend>
      ${stay.children.map(
        (age, at) => html`<label class="field">
          <span>${t("hotel.child", { number: at + 1 })}</span>
          <select
            value=${age}
            onChange=${(event) => set({ children: stay.children.with(at, Number(event.currentTarget.value)) })}
          >
            ${AGES.map((each) => html`<option value=${each} selected=${each === age}>${each}</option>`)}
          </select>
        </label>`,
      )}
    </fieldset>`}
    <button class="button primary" disabled=${searching.value}>
      <${Icon} name=${searching.value ? "hourglass" : "search"} />
      ${t(searching.value ? "hotel.searching" : "hotel.search")}
    </button>
  </form>`;
}

function People({ label, value, min, max, onChange }) {
  return html`<div class="stay-count">
    <span>${label}</span>
    <${Stepper} label=${label} value=${value} min=${min} max=${max} onChange=${onChange} />
  </div>`;
}

export function Offers({ onChoose }) {
  if (searching.value) {
    return html`<div class="offers" aria-busy="true" aria-label=${t("loading")}>
      ${[1, 2, 3].map(() => html`<div class="bone"></div>`)}
    </div>`;
  }
  if (!found.value) return null;
  const { offers, failed } = found.value;
  return html`<section class="offers" aria-label=${t("hotel.offers")} aria-live="polite">
    ${failed.map(
      ({ provider }) => html`<p class="offers-note">
        <${Icon} name="warn" />${t("hotel.failed", { name: t(`hotel.by.${provider}`) })}
      </p>`,
    )}
    ${offers.length === 0 && html`<p class="offers-none">${t("hotel.none")}</p>`}
    ${offers.map((offer) => html`<${Offer} offer=${offer} onChoose=${onChoose} />`)}
    ${offers.some((offer) => offer.provider !== "own") &&
    html`<p class="muted">${t("hotel.mayChange")}</p>`}
  </section>`;
}

function Offer({ offer, onChoose }) {
  const own = offer.provider === "own";
  const few = offer.available !== null && offer.available <= 3;
  return html`<article class=${`offer ${own ? "own" : ""}`}>
    <p class="offer-by">${t(`hotel.by.${offer.provider}`)}</p>
    <h2>${offer.hotelName}</h2>
    ${offer.address && html`<p class="muted">${offer.address}</p>`}
    <p>${offer.roomType}</p>
    <p class="offer-tags">
      ${offer.freeCancellation && html`<span class="tag ok">${t("hotel.freeCancellation")}</span>`}
      ${few && html`<span class="tag warn">${t("hotel.left", { count: offer.available })}</span>`}
      ${offer.sandbox && html`<span class="tag warn">${t("sandbox")}</span>`}
    </p>
    <p class="offer-price">
      <strong class="price">${money(offer.total, offer.currency)}</strong>
      <span class="muted">${t("hotel.nights", { count: offer.nights })}</span>
    </p>
    <button class="button primary" aria-label=${t("hotel.chooseOf", { name: offer.hotelName })}
      onClick=${() => onChoose(offer)}>${t("hotel.choose")}</button>
  </article>`;
}
