// What the restaurant is called, which languages it speaks, how it counts.

import { useState } from "preact/hooks";
import { nameOf, t, TRANSLATED } from "../../lib/i18n.js";
import { html } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Legal } from "./legal.js";
import { Card, Field, Problem, Toggle, useForm, Wait } from "./parts.js";

export function SettingsSection() {
  const house = desk.useKnown("house");
  const [saved, setSaved] = useState(0);
  if (!house) return html`<${Wait} />`;
  // Begun anew once it is saved, and not when somebody else saves: what is typed here stays.
  return html`
    <${Settings} key=${saved} settings=${house.settings} onSaved=${() => setSaved(saved + 1)} />
    <${Legal} settings=${house.settings} />
  `;
}

function Settings({ settings, onSaved }) {
  const { id: _, version, currency, hours: __, legal: ___, ...first } = settings;
  const form = useForm(first, {
    version,
    save: async (values, expectedVersion) => {
      await desk.ask("PUT", "settings", { ...values, expectedVersion });
      await desk.read("house");
    },
    done: onSaved,
  });
  const { values, set, wrong } = form;
  const languages = [...new Set([...TRANSLATED, ...settings.languages])];
  const toggle = (code) => {
    const on = values.languages.includes(code);
    set({ languages: on ? values.languages.filter((each) => each !== code) : [...values.languages, code] });
  };
  return html`
    <form class="settings" onSubmit=${form.submit}>
      <${Card}>
        <div class="form">
          <${Field} label=${t("m.settings.name")} wrong=${wrong("name")}>
            <input required maxlength="80" value=${values.name} onInput=${(e) => set({ name: e.currentTarget.value })} />
          </${Field}>
          <div class="form-row">
            <${Field} label=${t("m.settings.language")} hint=${t("m.settings.languageHint")}>
              <select value=${values.language} onChange=${(e) => set({ language: e.currentTarget.value })}>
                ${values.languages.map((code) => html`<option value=${code}>${nameOf(code)}</option>`)}
              </select>
            </${Field}>
            <${Field} label=${t("m.settings.timezone")} wrong=${wrong("timezone")}>
              <input required maxlength="60" list="zones-of-time" value=${values.timezone} onInput=${(e) => set({ timezone: e.currentTarget.value })} />
            </${Field}>
          </div>
          <datalist id="zones-of-time">
            ${(Intl.supportedValuesOf?.("timeZone") ?? []).map((zone) => html`<option value=${zone}></option>`)}
          </datalist>
          <fieldset class="pick">
            <legend>${t("m.settings.languages")}</legend>
            <div class="chips small">
              ${languages.map(
                (code) => html`<button
                  type="button"
                  class="chip"
                  aria-pressed=${values.languages.includes(code)}
                  disabled=${code === values.language}
                  onClick=${() => toggle(code)}
                >
                  ${nameOf(code)}
                </button>`,
              )}
            </div>
          </fieldset>
          <div class="form-row">
            <${Field} label=${t("m.settings.tax")}>
              <select value=${values.taxMode} onChange=${(e) => set({ taxMode: e.currentTarget.value })}>
                <option value="inclusive">${t("m.settings.inclusive")}</option>
                <option value="exclusive">${t("m.settings.exclusive")}</option>
              </select>
            </${Field}>
            <${Field} label=${t("m.settings.cutover")} hint=${t("m.settings.cutoverHint")}>
              <input type="time" required value=${values.dayCutover.slice(0, 5)} onChange=${(e) => set({ dayCutover: `${e.currentTarget.value}:00` })} />
            </${Field}>
            <${Field} label=${t("m.settings.currency")} hint=${t("m.settings.currencyHint")}>
              <input value=${currency} disabled />
            </${Field}>
          </div>
          <${Field} label=${t("m.settings.serviceCharge")} wrong=${wrong("serviceCharge")}>
            <input type="number" min="0" max="30" step="0.1" required value=${values.serviceCharge / 100} onInput=${(e) => set({ serviceCharge: Math.round(Number(e.currentTarget.value) * 100) })} />
          </${Field}>
          <${Toggle} label=${t("m.settings.payFirst")} checked=${values.payFirst} onChange=${(payFirst) => set({ payFirst })} />
          <${Toggle} label=${t("m.settings.joinCode")} checked=${values.joinCodeRequired} onChange=${(joinCodeRequired) => set({ joinCodeRequired })} />
        </div>
        <div class="form-end">
          <${Problem} error=${form.error} />
          <button class="button primary" disabled=${form.busy}>${t("save")}</button>
        </div>
      </${Card}>
    </form>
  `;
}
