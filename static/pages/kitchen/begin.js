// The beginning of a shift: which station, can it be heard, may it fill the screen.

import { signal } from "@preact/signals";
import { t } from "../../lib/i18n.js";
import { place, user } from "../../lib/staff.js";
import { play, wake } from "../../lib/sound.js";
import { recall, remember } from "../../lib/store.js";
import { html, Icon } from "../../lib/ui.js";
import * as board from "./board.js";
import { fullScreen } from "./keys.js";

const KEY = "kitchen:shift";
const SOUNDS = ["order", "rush", "changed", "alarm"];

const begun = signal(recall(KEY)); // whose shift it is: a reload in the middle of it asks nothing

export const atWork = () => begun.value === user.value?.id;

export function Begin() {
  const start = async () => {
    await wake().catch(() => {}); // without a sound card there is nothing to hear
    begun.value = user.value.id;
    remember(KEY, begun.value);
  };
  const sound = (name) => wake().then(() => play(name));
  return html`<main class="begin" id="main">
    <h1>${t("begin.title", { name: user.value.name })}</h1>
    <p class="muted">${place.value.name}</p>
    <fieldset class="field">
      <legend>${t("kitchen.station")}</legend>
      <div class="chips">
        ${[{ id: "", name: t("kitchen.allStations") }, ...board.menu.menu.value.stations].map(
          (each) => html`<button
            class="chip"
            aria-pressed=${board.station.value === each.id}
            onClick=${() => board.chooseStation(each.id)}
          >
            ${each.name}
          </button>`,
        )}
      </div>
    </fieldset>
    <fieldset class="field">
      <legend>${t("begin.sounds")}</legend>
      <div class="chips">
        ${SOUNDS.map(
          (name) => html`<button class="chip" onClick=${() => sound(name)}>
            <${Icon} name="sound" /> ${t(`begin.sound.${name}`)}
          </button>`,
        )}
      </div>
    </fieldset>
    <button class="button big" onClick=${fullScreen}><${Icon} name="full" /> ${t("kitchen.fullScreen")}</button>
    <button class="button primary big" onClick=${start}>${t("begin.start")}</button>
  </main>`;
}
