// Digital check-in: the link of a booking opens it; whoever has the link is the guest.

import { render } from "preact";
import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { get, post } from "../lib/api.js";
import { countries } from "../lib/countries.js";
import { day } from "../lib/format.js";
import { alsoSpeak, lang, preferred, speak, t } from "../lib/i18n.js";
import { newId } from "../lib/ids.js";
import { complain, html, Icon, Toasts } from "../lib/ui.js";
import { LanguageButton } from "../parts/languages.js";

const path = `/api/checkin/${encodeURIComponent(location.pathname.split("/")[2] ?? "")}`;
const LOOK_MS = 2000;

const state = signal(null); // what the link answers
const failure = signal(null);
const waiting = signal(false); // for the hotel's own system

// What the clock in the lobby says then, wherever its guest is now.
function time(at) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const there = { ...options, timeZone: state.value.timezone };
  return new Intl.DateTimeFormat(lang.value, there).format(new Date(at));
}

async function look() {
  try {
    state.value = await get(path);
    failure.value = null;
  } catch (error) {
    failure.value = error;
  }
}

async function watch() {
  waiting.value = true;
  while (state.value.booking.status === "CONFIRMED") {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    await look();
    if (failure.value) break;
  }
  waiting.value = false;
}

function App() {
  if (failure.value) return html`<${Failed} />`;
  if (!state.value) {
    return html`<main class="skeleton" aria-busy="true" aria-label=${t("loading")}>
      <div class="guest-head"></div>
      <div class="bone"></div>
    </main>`;
  }
  const { booking } = state.value;
  return html`
    <header class="guest-head hotel-head">
      <div class="guest-head-row">
        <div>
          <p class="table-chip">${t("hotel.title")}</p>
          <h1>${booking.hotelName}</h1>
        </div>
        <div class="guest-tools"><${LanguageButton} /></div>
      </div>
      <p class="stay-line">${booking.roomType} · ${day(booking.checkin)} – ${day(booking.checkout)}</p>
      ${booking.sandbox && html`<p class="offers-note">${t("sandbox")}</p>`}
    </header>
    <main id="main" class="hotel-main">
      ${booking.status === "CHECKED_IN" && html`<${Door} />`}
      ${booking.status === "CONFIRMED" && html`<${Form} />`}
      ${["CANCELLED", "CHECKED_OUT"].includes(booking.status) &&
      html`<p class="offers-none">${t(`hotel.over.${booking.status}`)}</p>`}
    </main>
    <${Toasts} />
  `;
}

function Door() {
  const { booking, door } = state.value;
  return html`<section class="door-card" aria-live="polite">
    <p>${t("hotel.welcome", { name: booking.guest.firstName })}</p>
    <p class="door-room"><span>${t("hotel.room")}</span><strong>${booking.roomNumber}</strong></p>
    ${door &&
    html`<p class="door-code"><span>${t("hotel.doorCode")}</span><strong>${door.doorCode}</strong></p>
      <p>${t("hotel.until", { day: day(booking.checkout), time: time(door.until) })}</p>`}
    ${!door && html`<p>${t("hotel.keyAtDesk")}</p>`}
  </section>`;
}

const FIELDS = [
  ["firstName", "given-name", "text"],
  ["lastName", "family-name", "text"],
  ["birthDate", "bday", "date"],
  ["nationality", "country", "country"],
  ["document", "off", "text"],
  ["address", "street-address", "text"],
];

function Country({ value, autocomplete, onInput }) {
  return html`<select required value=${value} autocomplete=${autocomplete} onInput=${onInput}>
    <option value=""></option>
    ${countries().map(({ code, name }) => html`<option value=${code}>${name}</option>`)}
  </select>`;
}

function Form() {
  const { booking, opensAt } = state.value;
  const { firstName, lastName } = booking.guest;
  const [form, setForm] = useState({ firstName, lastName });
  const [sending, setSending] = useState(false);
  const early = opensAt && Date.parse(opensAt) > Date.now();
  const submit = async (event) => {
    event.preventDefault();
    setSending(true);
    try {
      const answer = await post(path, { registration: form, commandId: newId() });
      if (answer.jobId) await watch();
      else state.value = { ...state.value, ...answer };
    } catch (error) {
      complain(error);
    }
    setSending(false);
  };
  const busy = sending || waiting.value;
  return html`
    ${early &&
    html`<p class="offers-note"><${Icon} name="clock" />
      ${t("hotel.opens", { day: day(booking.checkin), time: time(opensAt) })}</p>`}
    <form class="book-form" onSubmit=${submit}>
      <h2>${t("hotel.register")}</h2>
      ${FIELDS.map(
        ([name, complete, type]) => html`<label class="field">
          <span>${t(`hotel.${name}`)}</span>
          <${type === "country" ? Country : "input"} required type=${type} maxlength="200"
            autocomplete=${complete} value=${form[name] ?? ""}
            onInput=${(event) => setForm({ ...form, [name]: event.currentTarget.value })} />
        </label>`,
      )}
      <button class="button primary" disabled=${busy || early}>
        ${t(busy ? "hotel.checkingIn" : "hotel.checkIn")}
      </button>
    </form>
    <section class="other-phone">
      <img width="132" height="132" alt=${t("hotel.codeAlt")} src=${`${path}/qr.svg`} />
      <p class="muted">${t("hotel.otherPhone")}</p>
    </section>
  `;
}

function Failed() {
  const key = failure.value.code === "NOT_FOUND" ? "hotel.noBooking" : "fail.other";
  return html`<main class="quiet-page">
    <div class="quiet-mark"><${Icon} name="warn" /></div>
    <h1>${t(key)}</h1>
    <button class="button primary" onClick=${look}>${t("tryAgain")}</button>
  </main>`;
}

alsoSpeak("hotel");
await speak(preferred());
document.title = t("hotel.checkIn");
render(html`<${App} />`, document.getElementById("app"));
await look();
