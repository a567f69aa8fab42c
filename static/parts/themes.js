// Choosing how the screen looks.

import { choose, theme, THEMES, wear } from "../lib/themes.js";
import { t } from "../lib/i18n.js";
import { html } from "../lib/ui.js";

wear();

export function ThemeChoice() {
  return html`<fieldset class="field">
    <legend>${t("theme")}</legend>
    <div class="chips">
      ${THEMES.map(
        (name) => html`<button
          class="chip"
          aria-pressed=${theme.value === name}
          onClick=${() => choose(name)}
        >
          ${t(`theme.${name}`)}
        </button>`,
      )}
    </div>
  </fieldset>`;
}
