// One text in several languages: each on its own page, with who wrote it, a person or a machine.

import { useState } from "preact/hooks";
import { lang as reading, nameOf, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { Field, Toggle } from "./parts.js";

// A text in the reader's language, else in the restaurant's own.
export const textOf = (menu, texts) => texts[reading.value] ?? texts[menu.language] ?? "";

// What a machine made of a text for guests of that language, while nobody writes it.
export const madeOf = (menu, texts, code) => menu.made[code]?.[texts[menu.language]] ?? "";

// fields: [{name, label, rows?, max}]; values has their texts and `machine`.
export function Texts({ menu, fields, values, onChange, wrong }) {
  const languages = [menu.language, ...menu.languages.filter((each) => each !== menu.language)];
  const [lang, setLang] = useState(languages[0]);
  const byMachine = values.machine.includes(lang);
  const write = (name, text) =>
    onChange({
      [name]: { ...values[name], [lang]: text },
      machine: values.machine.filter((each) => each !== lang), // a person has just written it
    });
  const mark = (machine) => {
    const others = values.machine.filter((each) => each !== lang);
    onChange({ machine: machine ? [...others, lang] : others });
  };
  // Keeps what the machine made, to be corrected; it stays marked until somebody writes in it.
  const takeOver = () => {
    const made = fields.map(({ name }) => [name, values[name][lang] || madeOf(menu, values[name], lang)]);
    onChange({
      ...Object.fromEntries(made.map(([name, text]) => [name, { ...values[name], [lang]: text }])),
      machine: [...values.machine.filter((each) => each !== lang), lang],
    });
  };
  const open = fields.some(({ name }) => !values[name][lang] && madeOf(menu, values[name], lang));
  const any = fields.some(({ name }) => values[name][lang]);
  return html`
    <div class="texts">
      <div class="lang-tabs" role="group" aria-label=${t("language")}>
        ${languages.map(
          (each) => html`<button
            key=${each}
            type="button"
            class="lang-tab"
            lang=${each}
            aria-pressed=${each === lang}
            onClick=${() => setLang(each)}
          >
            ${nameOf(each)} <${State} menu=${menu} code=${each} texts=${values[fields[0].name]} machine=${values.machine} />
          </button>`,
        )}
      </div>
      ${fields.map(
        ({ name, label, rows, max }) => html`<${Field}
          key=${`${name}-${lang}`}
          label=${`${label} · ${nameOf(lang)}`}
          wrong=${wrong?.(name)}
        >
          ${rows
            ? html`<textarea
                rows=${rows}
                lang=${lang}
                dir="auto"
                maxlength=${max}
                placeholder=${madeOf(menu, values[name], lang)}
                value=${values[name][lang] ?? ""}
                onInput=${(event) => write(name, event.currentTarget.value)}
              ></textarea>`
            : html`<input
                lang=${lang}
                dir="auto"
                maxlength=${max}
                placeholder=${madeOf(menu, values[name], lang)}
                required=${lang === menu.language}
                value=${values[name][lang] ?? ""}
                onInput=${(event) => write(name, event.currentTarget.value)}
              />`}
        </${Field}>`,
      )}
      ${open &&
      html`<p class="made">
        <span class="muted">${t("m.texts.made")}</span>
        <button type="button" class="link-button" onClick=${takeOver}>${t("m.texts.takeOver")}</button>
      </p>`}
      ${any &&
      lang !== menu.language &&
      html`<${Toggle} label=${t("m.texts.byMachine")} checked=${byMachine} onChange=${mark} />`}
    </div>
  `;
}

function State({ menu, code, texts, machine }) {
  if (machine.includes(code) || (!texts[code] && madeOf(menu, texts, code))) {
    return html`<span class="tag warn">${t("m.texts.machine")}</span>`;
  }
  if (!texts[code]) return html`<span class="tag plain">${t("m.texts.none")}</span>`;
  return html`<${Icon} name="check" />`;
}
