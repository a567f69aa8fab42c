// The waiter's phone.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import { beatEvery } from "../lib/clock.js";
import { speak, t } from "../lib/i18n.js";
import { audible, play, wake } from "../lib/sound.js";
import { chief, device, place, signOut, user } from "../lib/staff.js";
import { html, Icon, Sheet } from "../lib/ui.js";
import { Banner, LinkDot } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import { pairHere } from "../parts/pairing.js";
import { firstLanguage, Shift } from "../parts/shift.js";
import { ThemeChoice } from "../parts/themes.js";
import { CallsTab } from "./waiter/calls.js";
import { table } from "./waiter/draft.js";
import * as floor from "./waiter/floor.js";
import { OrderTab } from "./waiter/ordering.js";
import { TablesTab } from "./waiter/tables.js";

const ROLES = ["waiter", "manager", "admin"];
const HEARTBEAT_MS = 4_000; // so that a dead line is known before the banner is due

function Floor() {
  const [tab, setTab] = useState("calls");
  const [settings, setSettings] = useState(false);
  useEffect(() => {
    const timer = setInterval(floor.beat, HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => effect(showCount), []);
  const show = (name) => {
    setTab(name);
    scrollTo({ top: 0 });
  };
  const order = (tableId) => {
    table.value = tableId;
    show("order");
  };
  return html`
    <${Banner} link=${floor.link} what="offline.staff" alarm=${() => play("alarm")} />
    <header class="staff-head">
      <h1>${t(`waiter.tab.${tab}`)}</h1>
      <span class="grow"></span>
      ${!audible.value &&
      html`<button class="icon-button" aria-label=${t("kitchen.soundOn")} onClick=${() => wake().then(() => play("ready"))}>
        <${Icon} name="mute" />
      </button>`}
      <${LinkDot} link=${floor.link} />
      <button class="icon-button" aria-label=${t("settings")} onClick=${() => setSettings(true)}>
        <${Icon} name="gear" />
      </button>
    </header>
    <main class="staff-main" id="main">
      ${tab === "calls" && html`<${CallsTab} />`}
      ${tab === "tables" && html`<${TablesTab} onOrder=${order} />`}
      ${tab === "order" && html`<${OrderTab} onSent=${() => show("tables")} />`}
    </main>
    <${Tabs} tab=${tab} onTab=${show} />
    ${settings && html`<${Settings} onClose=${() => setSettings(false)} />`}
  `;
}

function Tabs({ tab, onTab }) {
  const count = floor.unanswered.value;
  const one = (name, icon, badge) => html`
    <button
      class="tab"
      aria-current=${tab === name ? "page" : undefined}
      onClick=${() => onTab(name)}
    >
      <${Icon} name=${icon} />
      <span>${t(`waiter.tab.${name}`)}</span>
      ${badge > 0 &&
      html`<span class="badge" aria-label=${t("waiter.unanswered", { count: badge })}>${badge}</span>`}
    </button>
  `;
  return html`<nav class="tabs" aria-label=${t("views")}>
    ${one("calls", "bell", count)} ${one("tables", "table", 0)} ${one("order", "plus", 0)}
  </nav>`;
}

function Settings({ onClose }) {
  const [cash, setCash] = useState(null);
  const drawer = async () => {
    const [{ DrawerSheet }, { prepare }] = await Promise.all([
      import("./pay/drawer.js"),
      import("./pay/looks.js"),
    ]);
    await prepare();
    setCash({ DrawerSheet });
  };
  if (cash) return html`<${cash.DrawerSheet} onClose=${onClose} />`;
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
      <button class="choice tall" onClick=${drawer}>${t("pay.toDrawer")}</button>
      ${chief.value &&
      html`<button class="choice tall" onClick=${pairHere}>
        ${t(device.value ? "pair.again" : "pair.title")}
      </button>`}
      <button class="choice tall" onClick=${signOut}>${t("signin.out")}</button>
    </div>
  </${Sheet}>`;
}

// The count must be seen with the page in the background too.
function showCount() {
  const count = floor.unanswered.value;
  document.title = `${count ? `(${count}) ` : ""}${place.value?.name ?? "OneMoment"}`;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

const App = () =>
  html`<${Shift} title=${t("waiter")} roles=${ROLES} open=${floor.open} Page=${Floor} />`;

beatEvery(10_000); // minutes are shown, so this is often enough
await speak(firstLanguage());
render(html`<${App} />`, document.getElementById("app"));
