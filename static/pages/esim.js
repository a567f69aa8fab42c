// eSIMs for guests who travel: packages by country, the code to install, and what is left.

import { render } from "preact";
import { signal } from "@preact/signals";
import { alsoSpeak, preferred, speak, t } from "../lib/i18n.js";
import { html, Icon, Toasts } from "../lib/ui.js";
import { Banner } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import { Checkout } from "./esim/checkout.js";
import { Shop } from "./esim/offers.js";
import { Code, Owned } from "./esim/owned.js";
import * as trip from "./esim/trip.js";

const seated = signal(null); // null until it is known
const failure = signal(null);

alsoSpeak("esim");

async function boot() {
  await speak(preferred());
  document.title = `${t("esim.title")} · OneMoment`;
  render(html`<${App} />`, document.getElementById("app"));
  await begin();
}

async function begin() {
  failure.value = null;
  try {
    seated.value = await trip.start();
  } catch (error) {
    failure.value = error;
  }
}

function App() {
  const visit = trip.visit.value;
  return html`
    ${seated.value && html`<${Banner} link=${trip.link} what="offline.guest" />`}
    <header class="guest-head">
      <div class="guest-head-row">
        <div>
          ${visit &&
          html`<a class="table-chip esim-back" href="/scan/here">
            <${Icon} name="undo" /> ${visit.restaurant.name}
          </a>`}
          <h1>${t("esim.title")}</h1>
        </div>
        <div class="guest-tools"><${LanguageButton} /></div>
      </div>
      <p class="esim-lead">${t("esim.lead")}</p>
    </header>
    <main id="main" class="esim-main">
      <${Owned} />
      ${visit ? html`<${Shop} />` : html`<${Nowhere} />`}
    </main>
    <${Checkout} />
    <${Code} />
    <${Toasts} />
  `;
}

function Nowhere() {
  if (failure.value) return html`<section class="esim-nowhere">
    <p>${t("fail.offlineText")}</p>
    <button class="button primary" onClick=${begin}>${t("tryAgain")}</button>
  </section>`;
  if (seated.value === null) return html`<div class="bone" aria-busy="true" aria-label=${t("loading")}></div>`;
  return html`<section class="esim-nowhere">
    <h2>${t("esim.noTable")}</h2>
    <p>${t("esim.noTableText")}</p>
  </section>`;
}

boot();
