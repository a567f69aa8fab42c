// What stands beside a note as it was written: what a machine makes of it; or, where it speaks of
// allergens, which those are: no machine may translate that.

import { list } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { html, Icon } from "../lib/ui.js";
import { allergenName } from "./dish.js";

export function Beside({ of: { noteTranslation: beside }, kind }) {
  const [language, text] = Object.entries(beside?.texts ?? {})[0] ?? [];
  return html`
    ${text &&
    html`<p class=${kind}>
      <span lang=${language} dir="auto">${text}</span> <small>${t("note.machine")}</small>
      ${beside.sandbox && html` <small class="tag warn">${t("sandbox")}</small>`}
    </p>`}
    ${beside?.allergens.length > 0 &&
    html`<p class=${kind}>
      <${Icon} name="warn" /> ${t("note.mentions", { list: list(beside.allergens.map(allergenName)) })}
    </p>`}
  `;
}
