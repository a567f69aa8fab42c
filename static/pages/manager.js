// The manager's desk.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { beatEvery } from "../lib/clock.js";
import { alsoSpeak, speak, t } from "../lib/i18n.js";
import { place, signOut, user } from "../lib/staff.js";
import { html, Icon, Sheet } from "../lib/ui.js";
import { Banner, LinkDot } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import { ThemeChoice } from "../parts/themes.js";
import * as desk from "./manager/desk.js";
import { DevicesSection } from "./manager/devices.js";
import { HistorySection } from "./manager/history.js";
import { HoursSection } from "./manager/hours.js";
import { LiveSection } from "./manager/live.js";
import { MenuSection } from "./manager/menu.js";
import { MoneySection } from "./manager/money.js";
import { PeopleSection } from "./manager/people.js";
import { ReportsSection } from "./manager/reports.js";
import { SettingsSection } from "./manager/settings.js";
import { StationsSection } from "./manager/stations.js";
import { TablesSection } from "./manager/tables.js";

const ROLES = ["manager", "admin"];
const HEARTBEAT_MS = 4_000; // so that a dead line is known before the banner is due
const SECTIONS = {
  live: { icon: "clock", Section: LiveSection },
  reports: { icon: "chart", Section: ReportsSection },
  money: { icon: "bill", Section: MoneySection },
  history: { icon: "undo", Section: HistorySection },
  menu: { icon: "list", Section: MenuSection },
  tables: { icon: "table", Section: TablesSection },
  stations: { icon: "flame", Section: StationsSection },
  people: { icon: "user", Section: PeopleSection },
  devices: { icon: "screen", Section: DevicesSection },
  hours: { icon: "hourglass", Section: HoursSection },
  settings: { icon: "gear", Section: SettingsSection },
};

function Desk() {
  const name = useSection();
  const [looks, setLooks] = useState(false);
  const { Section } = SECTIONS[name];
  useEffect(() => {
    const timer = setInterval(desk.beat, HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    document.title = `${t(`m.nav.${name}`)} · ${place.value.name}`;
  }, [name]);
  return html`
    <div class="desk">
      <${Rail} current=${name} />
      <div class="desk-body">
        <${Banner} link=${desk.link} what="offline.staff" />
        <header class="desk-head">
          <h1>${t(`m.nav.${name}`)}</h1>
          <span class="grow"></span>
          <${LinkDot} link=${desk.link} />
          <${LanguageButton} />
          <button class="icon-button" aria-label=${t("theme")} onClick=${() => setLooks(true)}>
            <${Icon} name="contrast" />
          </button>
        </header>
        <main class="desk-main" id="main"><${Section} key=${name} /></main>
      </div>
    </div>
    ${looks &&
    html`<${Sheet} title=${t("settings")} kind="small" onClose=${() => setLooks(false)}>
      <${ThemeChoice} />
    </${Sheet}>`}
  `;
}

function Rail({ current }) {
  const nav = useRef(null);
  useEffect(() => {
    const link = nav.current.querySelector("[aria-current]"); // out of sight where the rail is a bar
    link.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return html`
    <aside class="rail" aria-label=${place.value.name}>
      <p class="rail-brand">
        <img src="/static/icons/icon.svg" alt="" width="36" height="36" />
        <span>${place.value.name}</span>
      </p>
      <nav ref=${nav} class="rail-nav" aria-label=${t("views")}>
        ${Object.entries(SECTIONS).map(
          ([name, { icon }]) => html`<a
            key=${name}
            class="rail-link"
            href=${`#${name}`}
            aria-current=${name === current ? "page" : undefined}
          >
            <${Icon} name=${icon} /><span>${t(`m.nav.${name}`)}</span>
          </a>`,
        )}
      </nav>
      <p class="rail-who">
        <span>${user.value.name}</span>
        <button class="rail-out" onClick=${signOut}><${Icon} name="out" /> <span>${t("signin.out")}</span></button>
      </p>
    </aside>
  `;
}

// The section is kept in the address, so that a reload and the back button keep it.
function useSection() {
  const named = () => (location.hash.slice(1) in SECTIONS ? location.hash.slice(1) : "live");
  const [name, setName] = useState(named());
  useEffect(() => {
    const follow = () => {
      setName(named());
      scrollTo({ top: 0 });
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return name;
}

const App = () =>
  html`<${Shift} title=${t("m.title")} roles=${ROLES} open=${desk.open} Page=${Desk} />`;

alsoSpeak("manager");
alsoSpeak("history");
alsoSpeak("pay"); // the names of the ways to pay
alsoSpeak("billing");
beatEvery(1000); // the age of the oldest ticket
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
