// Choosing the language, each written in itself.

import { useState } from "preact/hooks";
import { lang, nameOf, speak, t, TRANSLATED } from "../lib/i18n.js";
import { html, Icon, Sheet } from "../lib/ui.js";

export function LanguageButton({ languages = TRANSLATED, onChange }) {
  const [open, setOpen] = useState(false);
  const choose = async (code) => {
    setOpen(false);
    await speak(code, { keep: true });
    onChange?.(code);
  };
  const label = `${t("language")}: ${lang.value.toUpperCase()}`;
  return html`
    <button class="quiet-button" aria-label=${label} onClick=${() => setOpen(true)}>
      <${Icon} name="globe" /><span class="code">${lang.value.toUpperCase()}</span>
    </button>
    ${open &&
    html`<${Sheet} title=${t("language")} kind="small" onClose=${() => setOpen(false)}>
      <div class="choices">
        ${languages.map(
          (code) => html`<button
            class="choice"
            lang=${code}
            aria-pressed=${code === lang.value}
            onClick=${() => choose(code)}
          >
            <span>${nameOf(code)}</span>
            ${code === lang.value && html`<${Icon} name="check" />`}
          </button>`,
        )}
      </div>
    </${Sheet}>`}
  `;
}
