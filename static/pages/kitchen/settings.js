// What this screen is told once: how it looks, its grid, its ages, its keys.

import { useEffect, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { t } from "../../lib/i18n.js";
import { chief, device, place, signOut, user } from "../../lib/staff.js";
import { recall, remember } from "../../lib/store.js";
import { html, Sheet, Stepper } from "../../lib/ui.js";
import { LanguageButton } from "../../parts/languages.js";
import { pairHere } from "../../parts/pairing.js";
import { ThemeChoice } from "../../parts/themes.js";
import * as board from "./board.js";
import { assign, DEFAULT, keys } from "./keys.js";

export const size = signal(recall("kitchen:size") ?? "m");
export const grid = signal(recall("kitchen:grid") ?? { columns: 0, rows: 0 }); // 0: as fits

const CHOICES = { columns: [0, 2, 3, 4, 5, 6, 7, 8, 9, 10], rows: [0, 1, 2, 3, 4] };

function set(kept, key, value) {
  kept.value = value;
  remember(key, value);
}

export function Settings({ onClose }) {
  const out = () => {
    remember("kitchen:shift", null);
    signOut();
  };
  return html`<${Sheet} title=${t("settings")} subtitle=${`${user.value.name} · ${place.value.name}`} onClose=${onClose}>
    <fieldset class="field">
      <legend>${t("kitchen.size")}</legend>
      <div class="chips">
        ${["s", "m", "l"].map(
          (each) => html`<button
            class="chip"
            aria-pressed=${size.value === each}
            onClick=${() => set(size, "kitchen:size", each)}
          >
            ${t(`kitchen.size.${each}`)}
          </button>`,
        )}
      </div>
    </fieldset>
    <${ThemeChoice} />
    <div class="settings-row">
      ${Object.entries(CHOICES).map(([side, counts]) => html`<${Count} side=${side} counts=${counts} />`)}
    </div>
    <${Ages} />
    <${Keys} />
    <div class="choices">
      <div class="setting"><span>${t("language")}</span><${LanguageButton} onChange=${board.menu.load} /></div>
      ${chief.value &&
      html`<button class="choice tall" onClick=${pairHere}>
        ${t(device.value ? "pair.again" : "pair.title")}
      </button>`}
      <button class="choice tall" onClick=${out}>${t("signin.out")}</button>
    </div>
  </${Sheet}>`;
}

function Count({ side, counts }) {
  const choose = (event) =>
    set(grid, "kitchen:grid", { ...grid.value, [side]: Number(event.currentTarget.value) });
  return html`<label class="field">
    <span>${t(`kitchen.${side}`)}</span>
    <select value=${grid.value[side]} onChange=${choose}>
      ${counts.map((count) => html`<option value=${count}>${count || t("kitchen.asFits")}</option>`)}
    </select>
  </label>`;
}

// When a ticket of this station turns amber, and red.
function Ages() {
  const [amber, red] = board.ages.value;
  return html`<div class="settings-row">
    <div class="field">
      <span>${t("kitchen.amber")}</span>
      <${Stepper} value=${amber} max=${red - 1} label=${t("kitchen.amber")} onChange=${(m) => board.chooseAges([m, red])} />
    </div>
    <div class="field">
      <span>${t("kitchen.red")}</span>
      <${Stepper} value=${red} min=${amber + 1} label=${t("kitchen.red")} onChange=${(m) => board.chooseAges([amber, m])} />
    </div>
  </div>`;
}

function Keys() {
  const [waiting, setWaiting] = useState(null);
  useEffect(() => {
    if (!waiting) return undefined;
    const press = (event) => {
      event.preventDefault();
      event.stopPropagation();
      setWaiting(null);
      const { key } = event;
      if (key !== "Escape") assign(waiting, key.length === 1 ? key.toLowerCase() : key);
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  }, [waiting]);
  return html`<details class="keys">
    <summary>${t("kitchen.keys")}</summary>
    <ul>
      ${Object.keys(DEFAULT).map(
        (action) => html`<li key=${action}>
          <button class="choice tall" aria-pressed=${waiting === action} onClick=${() => setWaiting(action)}>
            <span>${t(`kitchen.key.${action}`)}</span>
            <kbd>${waiting === action ? t("kitchen.press") : nameOf(keys.value[action])}</kbd>
          </button>
        </li>`,
      )}
    </ul>
  </details>`;
}

const nameOf = (key) => (key === " " ? t("kitchen.space") : key.length === 1 ? key.toUpperCase() : key);
