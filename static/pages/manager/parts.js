// What the sections of the desk are built from: cards, figures, forms.

import { useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { html, Icon, toast } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";

export function Card({ title, count, tools, children, class: kind = "" }) {
  return html`
    <section class=${`card ${kind}`} aria-label=${title}>
      ${(title || tools) &&
      html`<header class="card-head">
        <h2>${title}</h2>
        ${count > 0 && html`<span class="count">${count}</span>`}
        <span class="grow"></span>
        ${tools}
      </header>`}
      ${children}
    </section>
  `;
}

export function Stat({ label, value, hint, kind = "" }) {
  return html`
    <div class=${`stat ${kind}`}>
      <p class="stat-label">${label}</p>
      <p class="stat-value">${value}</p>
      <p class="stat-hint">${hint}</p>
    </div>
  `;
}

export const photoUrl = (photo, size = "small") => `/api/photos/${photo}/${size}`;

export const Nothing = ({ children }) => html`<p class="nothing-here">${children}</p>`;
export const Wait = () => html`<p class="board-wait">${t("loading")}</p>`;

export function Field({ label, hint, wrong, children }) {
  return html`
    <label class=${`field ${wrong ? "wrong" : ""}`}>
      <span>${label}</span>
      ${children} ${hint && html`<small class="muted">${hint}</small>`}
      ${wrong && html`<small class="field-wrong">${wrong}</small>`}
    </label>
  `;
}

export function Toggle({ label, checked, onChange }) {
  return html`
    <label class="toggle">
      <input
        type="checkbox"
        role="switch"
        checked=${checked}
        onChange=${(event) => onChange(event.currentTarget.checked)}
      />
      <span>${label}</span>
    </label>
  `;
}

export function AddButton({ label, onClick }) {
  return html`<button class="button primary add" onClick=${onClick}>
    <${Icon} name="plus" /> <span>${label}</span>
  </button>`;
}

// A form that is being saved: its values, what was wrong with them, and the version looked at.
export function useForm(first, { version, save, done }) {
  const [values, setValues] = useState(first);
  const [state, setState] = useState({ busy: false, error: null, version });
  const set = (changes) => setValues((now) => ({ ...now, ...changes }));
  const submit = async (event) => {
    event?.preventDefault();
    setState({ ...state, busy: true, error: null });
    try {
      await save(values, state.version);
      toast(t("m.saved"), { ms: 2500 });
      done?.();
    } catch (error) {
      // Who was overtaken is told so, and may save again on top of what the other one saved.
      const newer = error.code === "STALE_VERSION" ? error.details?.version : undefined;
      setState({ busy: false, error, version: newer ?? state.version });
      return;
    }
    setState({ busy: false, error: null, version: undefined });
  };
  return { values, set, submit, busy: state.busy, error: state.error, wrong: wrongOf(state.error) };
}

// wrong("price") is what the hub says of a field, if anything.
function wrongOf(error) {
  const details = Array.isArray(error?.details) ? error.details : [];
  return (name) => details.find(({ path }) => path.split(/[.[]/)[0] === name)?.message;
}

const OWN = ["CONFLICT", "STALE_VERSION"];

export function Problem({ error }) {
  if (!error) return null;
  const key = OWN.includes(error.code) ? `m.error.${error.code}` : `error.${error.code}`;
  const known = t(key);
  const text = known === key ? t("m.error.INVALID") : known;
  return html`<p class="problem" role="alert">
    ${text}${" "}<span class="problem-detail">${known === key || error.code === "CONFLICT" ? error.message : ""}</span>
  </p>`;
}

// Asks before something is gone; resolves to whether it shall be.
export async function sure(title, text) {
  const answer = await ask({ title, subtitle: text, confirm: t("m.delete"), kind: "bad", optional: true });
  return answer !== null;
}
