// A note as it was written, and what stands beside it: what a machine makes of it; or, where it
// speaks of allergens, which those are: no machine may translate that.

import { isAllergy } from "../lib/allergy.js";
import { list } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { html, Icon } from "../lib/ui.js";
import { allergenName } from "./dish.js";

export function Noted({ of: { note, noteTranslation: beside }, kind }) {
  const [language, text] = Object.entries(beside?.texts ?? {})[0] ?? [];
  const mentions = beside?.untranslated ? "note.untranslated" : "note.mentions";
  return html`
    ${note && html`<p class=${`${kind} ${isAllergy(note, beside) ? "allergy" : ""}`} dir="auto">${note}</p>`}
    ${text &&
    html`<p class=${`${kind} beside`}>
      <span lang=${language} dir="auto">${text}</span> <small>${t("note.machine")}</small>
      ${beside.sandbox && html` <small class="tag warn">${t("sandbox")}</small>`}
    </p>`}
    ${beside?.allergens.length > 0 &&
    html`<p class=${`${kind} beside`}>
      <${Icon} name="warn" /> ${t(mentions, { list: list(beside.allergens.map(allergenName)) })}
    </p>`}
  `;
}
