// The floor: every table at a glance, for waiters, the pass and managers.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { beatEvery } from "../lib/clock.js";
import { speak, t } from "../lib/i18n.js";
import { play } from "../lib/sound.js";
import { place, signOut, user } from "../lib/staff.js";
import { html, Icon, Sheet } from "../lib/ui.js";
import { Banner, LinkDot } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import { ThemeChoice } from "../parts/themes.js";
import { List } from "./floor/list.js";
import { FloorMap, ICONS } from "./floor/map.js";
import { TableSheet } from "./floor/sheet.js";
import { arrange, arranging, canArrange, keep, moving, of, open, shown } from "./floor/state.js";
import * as floor from "./waiter/floor.js";

const ROLES = ["waiter", "expo", "manager", "admin"];
const HEARTBEAT_MS = 4_000; // so that a dead line is known before the banner is due

function Floor() {
  const [settings, setSettings] = useState(false);
  const [view, setView] = useState("map"); // which of the two a phone has room for
  useEffect(() => {
    const timer = setInterval(floor.beat, HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const stop = (event) => event.key === "Escape" && (moving.value = null);
    addEventListener("keydown", stop);
    return () => removeEventListener("keydown", stop);
  }, []);
  const other = view === "map" ? "list" : "map";
  return html`
    <${Banner} link=${floor.link} what="offline.staff" alarm=${() => play("alarm")} />
    <header class="staff-head">
      <h1>${t("floor")}</h1>
      <${Counts} />
      <button class="icon-button narrow-only" aria-label=${t(`floor.${other}`)} onClick=${() => setView(other)}>
        <${Icon} name=${view === "map" ? "list" : "table"} />
      </button>
      <${LinkDot} link=${floor.link} />
      <button class="icon-button" aria-label=${t("settings")} onClick=${() => setSettings(true)}>
        <${Icon} name="gear" />
      </button>
    </header>
    <${Doing} />
    <main class=${`floor-main show-${view}`} id="main">
      <div class="floor-paper" role="group" aria-label=${t("floor.map")} tabindex="0"><${FloorMap} /></div>
      <${List} />
    </main>
    ${open.value && html`<${TableSheet} />`}
    ${settings && html`<${Settings} onClose=${() => setSettings(false)} />`}
  `;
}

// How many tables are in each state: the legend of the map, too.
function Counts() {
  const count = (state) => shown.value.filter((each) => each.state === state).length;
  return html`<ul class="floor-counts">
    ${Object.entries(ICONS).map(
      ([state, icon]) => html`<li key=${state} class=${`floor-count t-${state}`}>
        <${Icon} name=${icon} /> <strong>${count(state)}</strong> ${t(`tableState.${state}`)}
      </li>`,
    )}
  </ul>`;
}

// What is under way: a party that looks for its table, or tables that find their place.
function Doing() {
  if (moving.value) {
    const { table } = of(moving.value);
    return html`<div class="floor-doing" role="status">
      <span class="grow">${t("floor.choose", { number: table.number })}</span>
      <button class="button" onClick=${() => (moving.value = null)}>${t("notNow")}</button>
    </div>`;
  }
  if (!arranging.value) return null;
  return html`<div class="floor-doing" role="status">
    <span class="grow">${t("floor.arranging")}</span>
    <button class="button" onClick=${() => (arranging.value = null)}>${t("notNow")}</button>
    <button class="button primary" onClick=${keep}>${t("save")}</button>
  </div>`;
}

function Settings({ onClose }) {
  const begin = () => {
    onClose();
    arrange();
  };
  return html`<${Sheet}
    title=${user.value.name}
    subtitle=${place.value.name}
    kind="small"
    onClose=${onClose}
  >
    <div class="choices">
      <div class="setting">
        <span>${t("language")}</span><${LanguageButton} onChange=${floor.menu.load} />
      </div>
      <${ThemeChoice} />
      ${canArrange.value &&
      html`<button class="choice tall" onClick=${begin}>${t("floor.arrange")}</button>`}
      <button class="choice tall" onClick=${signOut}>${t("signin.out")}</button>
    </div>
  </${Sheet}>`;
}

const App = () =>
  html`<${Shift} title=${t("floor")} roles=${ROLES} open=${floor.open} Page=${Floor} />`;

beatEvery(10_000); // minutes are shown, so this is often enough
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
