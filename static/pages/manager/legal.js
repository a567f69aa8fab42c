// Who sells here before the law: what receipts have to say.

import { useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { html } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Card, Field, Problem, useForm } from "./parts.js";

export function Legal({ settings }) {
  const [saved, setSaved] = useState(0);
  return html`<${Form} key=${saved} settings=${settings} onSaved=${() => setSaved(saved + 1)} />`;
}

function Form({ settings, onSaved }) {
  const form = useForm(settings.legal, {
    save: async (values) => {
      await desk.ask("PUT", "legal", values);
      await desk.read("house");
    },
    done: onSaved,
  });
  const { values, set, wrong } = form;
  return html`<form class="settings" onSubmit=${form.submit}>
    <${Card} title=${t("b.legal")}>
      <div class="form">
        <p class="muted">${t("b.legalText")}</p>
        <${Field} label=${t("b.legalName")} wrong=${wrong("name")}>
          <input required maxlength="120" value=${values.name} onInput=${(e) => set({ name: e.currentTarget.value })} />
        </${Field}>
        <${Field} label=${t("b.address")} wrong=${wrong("address")}>
          <textarea required rows="3" maxlength="300" value=${values.address} onInput=${(e) => set({ address: e.currentTarget.value })}></textarea>
        </${Field}>
        <${Field} label=${t("b.taxId")} hint=${t("b.taxIdHint")} wrong=${wrong("taxId")}>
          <input required maxlength="32" value=${values.taxId} onInput=${(e) => set({ taxId: e.currentTarget.value })} />
        </${Field}>
      </div>
      <div class="form-end">
        <${Problem} error=${form.error} />
        <button class="button primary" disabled=${form.busy}>${t("save")}</button>
      </div>
    </${Card}>
  </form>`;
}
