// Staying the night: a guest looks for a room, books it, and finds the way to check in.

import { render } from "preact";
import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { alsoSpeak, preferred, speak, t } from "../lib/i18n.js";
import { html, Icon, toast, Toasts } from "../lib/ui.js";
import { Banner } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import { Bookings, BookSheet } from "./hotel/booking.js";
import { Offers, SearchForm } from "./hotel/search.js";
import * as hotel from "./hotel/visit.js";

const failure = signal(null);
const started = signal(false);

async function open() {
  failure.value = null;
  try {
    await hotel.open();
    started.value = true;
  } catch (error) {
    failure.value = error;
  }
}

function App() {
  if (!hotel.code) return html`<${NoTable} />`;
  if (failure.value || hotel.ended.value) return html`<${Failed} />`;
  if (!started.value) {
    return html`<main class="skeleton" aria-busy="true" aria-label=${t("loading")}>
      <div class="guest-head"></div>
      <div class="bone"></div>
    </main>`;
  }
  return html`<${Page} />`;
}

function Page() {
  const [chosen, setChosen] = useState(null);
  const close = (booked) => {
    setChosen(null);
    if (!booked) return;
    hotel.found.value = null;
    toast(t("hotel.booked"));
    scrollTo({ top: 0 });
  };
  return html`
    <${Banner} link=${hotel.link} what="offline.guest" />
    <header class="guest-head hotel-head">
      <div class="guest-head-row">
        <div>
          <p class="table-chip">${hotel.visit.value.restaurant.name}</p>
          <h1>${t("hotel.title")}</h1>
        </div>
        <div class="guest-tools"><${LanguageButton} /></div>
      </div>
    </header>
    <main id="main" class="hotel-main">
      <${Bookings} />
      <${SearchForm} />
      <${Offers} onChoose=${setChosen} />
      <a class="link-button back" href="/scan/here">${t("hotel.back")}</a>
    </main>
    ${chosen && html`<${BookSheet} offer=${chosen} onClose=${close} />`}
    <${Toasts} />
  `;
}

// Nobody has scanned a code here: trying again would not help.
function NoTable() {
  return html`<main class="quiet-page">
    <div class="quiet-mark"><${Icon} name="table" /></div>
    <h1>${t("hotel.noTable")}</h1>
    <p>${t("hotel.noTableText")}</p>
    <a class="button primary" href="/">${t("hotel.toStart")}</a>
  </main>`;
}

function Failed() {
  const unknown = failure.value?.code === "NOT_FOUND" || hotel.ended.value;
  return html`<main class="quiet-page">
    <div class="quiet-mark"><${Icon} name="table" /></div>
    <h1>${t(unknown ? "fail.unknown" : "fail.other")}</h1>
    <p>${t(unknown ? "fail.unknownText" : "fail.otherText")}</p>
    <button class="button primary" onClick=${() => location.reload()}>${t("tryAgain")}</button>
  </main>`;
}

alsoSpeak("hotel");
await speak(preferred());
document.title = t("hotel.title");
render(html`<${App} />`, document.getElementById("app"));
if (hotel.code) await open();
