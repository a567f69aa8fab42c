// The guest's page: what opens when the code on a table is scanned.

import { hydrate, render } from "preact";
import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { learnPrices, money } from "../lib/format.js";
import { lang, preferred, speak, t, TRANSLATED } from "../lib/i18n.js";
import { html, Icon, Toasts } from "../lib/ui.js";
import { LanguageButton } from "../parts/languages.js";
import { doTaps, drawn, given, taken } from "./guest/early.js";
import { MenuView } from "./guest/menu.js";
import { ServiceButton } from "./guest/service.js";
import * as guest from "./guest/visit.js";

const failure = signal(null);

// The table is asked for while the words are still on their way.
async function boot() {
  const wanted = preferred();
  const scanning = guest.scan({ language: wanted });
  scanning.catch(() => {}); // open() tells of it
  await speak(wanted);
  const taps = taken();
  if (drawn() === wanted) {
    takeOver(given());
    doTaps(taps);
    await open(scanning);
  } else {
    draw(render);
    await open(scanning);
    doTaps(taps);
  }
}

// What the hub has drawn stays as it is, and does what it is tapped for from now on.
function takeOver(page) {
  guest.expect(page);
  learnPrices(page.lang, page.menu.currency, page.prices);
  started.value = true;
  draw(hydrate);
}

function draw(way) {
  const place = document.getElementById("app");
  if (way === render) place.replaceChildren();
  way(html`<${App} />`, place);
  for (const name of ["aria-busy", "lang", "dir"]) place.removeAttribute(name);
}

async function open(scanning) {
  failure.value = null;
  try {
    await seat(scanning);
    const { restaurant, table } = guest.visit.value;
    document.title = `${restaurant.name} · ${t("table", { number: table.number })}`;
    guest.ended.value = null;
    if (guest.returned.value) guest.view.value = "orders";
    started.value = true;
    await guest.connect();
    money(0, guest.menu.currency()); // a phone's first amount takes it long: now, and not at a tap
  } catch (error) {
    failure.value = error;
  }
}

// Without a line the visit is what this phone last saw of it.
async function seat(scanning) {
  try {
    const answer = await scanning;
    await speakFor(answer.restaurant.languages);
    await guest.start(answer);
  } catch (error) {
    if (error.code !== "OFFLINE" || !(await guest.restore())) throw error;
  }
}

const started = signal(false);

// Where a restaurant has its menu in fewer languages than the page, the menu decides.
async function speakFor(languages) {
  const wanted = preferred(languages?.length ? languages : TRANSLATED);
  if (wanted !== lang.value) await speak(wanted);
}

function App() {
  if (guest.ended.value) return html`<${Goodbye} />`;
  if (failure.value) return html`<${Failed} error=${failure.value} />`;
  if (!started.value) return html`<${Skeleton} />`;
  const { restaurant, table, session } = guest.visit.value;
  const later = guest.parts.value;
  return html`
    ${later && html`<${later.Banner} link=${guest.link.value} what="offline.guest" />`}
    <header class="guest-head">
      <div class="guest-head-row">
        <div>
          <p class="table-chip">${t("table", { number: table.number })}</p>
          <h1>${restaurant.name}</h1>
        </div>
        <div class="guest-tools">
          <${LanguageButton} languages=${restaurant.languages} onChange=${guest.menu.load} />
          <${ServiceButton} />
        </div>
      </div>
      ${!restaurant.open && html`<p class="closed-note">${t("closedNow")}</p>`}
      <${Views} />
    </header>
    <main id="main">
      ${guest.view.value === "menu"
        ? html`<${MenuView} />`
        : later && html`<${later.OrdersView} code=${session?.code} />`}
    </main>
    ${later && html`<${later.CartBar} /><${later.Asker} />`}
    <${Toasts} />
  `;
}

// Pages that must know who comes are led to once that is told.
function Views() {
  const { restaurant, session } = guest.visit.value;
  const open = guest.rounds.value.filter((order) => !isOver(order)).length;
  const tab = (name, label, count) => html`
    <button
      class="view-tab"
      aria-current=${guest.view.value === name ? "page" : undefined}
      onClick=${() => {
        guest.view.value = name;
        scrollTo({ top: 0 });
      }}
    >
      ${label}${count > 0 && html` <span class="count">${count}</span>`}
    </button>
  `;
  return html`<nav class="views" aria-label=${t("views")}>
    ${tab("menu", t("menu"), 0)} ${tab("orders", t("yourOrders"), open)}
    ${session && restaurant.hotels && html`<a class="view-tab" href="/hotel/here">${t("rooms")}</a>`}
    ${session && restaurant.esims && html`<a class="view-tab" href="/esim">eSIM</a>`}
  </nav>`;
}

const isOver = (order) => ["DELIVERED", "COMPLETED", "CANCELLED"].includes(order.status);

function Goodbye() {
  const again = async () => {
    started.value = false;
    guest.ended.value = null;
    await open(guest.scan());
  };
  return html`<main class="quiet-page">
    <div class="quiet-mark"><${Icon} name="check" /></div>
    <h1>${t("goodbye.title")}</h1>
    <p>${t("goodbye.text")}</p>
    <button class="button primary" onClick=${again}>${t("goodbye.again")}</button>
  </main>`;
}

// The table may ask for the code its first guest sees; everything else can only be tried again.
function Failed({ error }) {
  const [code, setCode] = useState("");
  const locked = error.code === "FORBIDDEN";
  const retry = (event) => {
    event.preventDefault();
    open(guest.scan(locked ? { code: code.trim() } : {}));
  };
  const key = { NOT_FOUND: "fail.unknown", OFFLINE: "fail.offline", FORBIDDEN: "fail.code" };
  return html`<main class="quiet-page">
    <div class="quiet-mark"><${Icon} name="table" /></div>
    <h1>${t(key[error.code] ?? "fail.other")}</h1>
    <p>${t(`${key[error.code] ?? "fail.other"}Text`)}</p>
    <form onSubmit=${retry}>
      ${locked &&
      html`<label class="field">
        <span>${t("tableCode")}</span>
        <input
          inputmode="numeric"
          autocomplete="off"
          value=${code}
          onInput=${(event) => setCode(event.currentTarget.value)}
        />
      </label>`}
      <button class="button primary">${t(locked ? "join" : "tryAgain")}</button>
    </form>
  </main>`;
}

function Skeleton() {
  return html`<main class="skeleton" aria-busy="true" aria-label=${t("loading")}>
    <div class="guest-head"></div>
    ${[1, 2, 3, 4, 5].map(() => html`<div class="bone"></div>`)}
  </main>`;
}

boot();
