// One room is booked: who will stay, and what came of it.

import { useState } from "preact/hooks";
import { day, money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet } from "../../lib/ui.js";
import { book, bookings, cancel, found } from "./visit.js";

const NAMES = [
  ["firstName", "given-name", "text"],
  ["lastName", "family-name", "text"],
  ["email", "email", "email"],
];
// Booking.com does without these for nobody.
const MORE = [
  ["phone", "tel", "tel"],
  ["address", "street-address", "text"],
  ["city", "address-level2", "text"],
];

export function BookSheet({ offer, onClose }) {
  const { stay } = found.value;
  const [guest, setGuest] = useState({});
  const [sending, setSending] = useState(false);
  const fields = offer.provider === "booking" ? [...NAMES, ...MORE] : NAMES;
  const submit = async (event) => {
    event.preventDefault();
    setSending(true);
    try {
      await book(offer, stay, guest);
      onClose(true);
    } catch (error) {
      complain(error);
      setSending(false);
    }
  };
  const footer = html`<button class="button primary grow" form="book" disabled=${sending}>
    <span>${t(sending ? "hotel.booking" : "hotel.book")}</span>
    <span class="price">${money(offer.total, offer.currency)}</span>
  </button>`;
  return html`<${Sheet} title=${offer.hotelName} subtitle=${`\u2068${offer.roomType}\u2069 · ${dates(stay)}`}
    onClose=${() => sending || onClose(false)} footer=${footer}>
    <form id="book" class="book-form" onSubmit=${submit}>
      ${fields.map(
        ([name, complete, type]) => html`<label class="field">
          <span>${t(`hotel.${name}`)}</span>
          <input required maxlength="100" type=${type} autocomplete=${complete} value=${guest[name] ?? ""}
            onInput=${(event) => setGuest({ ...guest, [name]: event.currentTarget.value })} />
        </label>`,
      )}
    </form>
    <p class="muted">${t("hotel.payThere")}</p>
  </${Sheet}>`;
}

export function Bookings() {
  const those = bookings.value;
  if (those.length === 0) return null;
  return html`<section class="bookings">
    <h2>${t("hotel.yours")}</h2>
    ${those.map((booking) => html`<${Booking} key=${booking.bookingId} booking=${booking} />`)}
  </section>`;
}

const AT_DESK = "booking"; // its hotels check their guests in themselves

function Booking({ booking }) {
  const { status, provider } = booking;
  const path = new URL(booking.checkinUrl).pathname;
  const afar = provider !== AT_DESK;
  const open = status === "CONFIRMED" || status === "CHECKED_IN";
  return html`<article class=${`booking ${status}`}>
    <div>
      <p class="offer-tags">
        <span class=${`tag ${open ? "ok" : "bad"}`}>${t(`hotel.status.${status}`)}</span>
        ${booking.sandbox && html`<span class="tag warn">${t("sandbox")}</span>`}
      </p>
      <h3>${booking.hotelName}</h3>
      <p>${booking.roomType}</p>
      <p>${dates(booking)}</p>
      <p class="muted">
        ${booking.guest.firstName} ${booking.guest.lastName}
        ${" · "}<span class="price">${money(booking.total, booking.currency)}</span>
        ${booking.reservation && ` · ${booking.reservation}`}
      </p>
    </div>
    ${open &&
    afar &&
    html`<img class="booking-code" width="132" height="132" alt=${t("hotel.codeAlt")}
      src=${`/api${path}/qr.svg`} />`}
    ${open &&
    html`<div class="booking-do">
      ${afar &&
      html`<a class="button primary" href=${path}>
        <${Icon} name="check" />${t(status === "CONFIRMED" ? "hotel.checkIn" : "hotel.door")}
      </a>`}
      ${status === "CONFIRMED" &&
      html`<button class="button" onClick=${() => cancel(booking)}>${t("hotel.cancel")}</button>`}
    </div>`}
  </article>`;
}

export const dates = ({ checkin, checkout }) => `${day(checkin)} – ${day(checkout)}`;
