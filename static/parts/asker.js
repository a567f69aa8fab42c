// A question that must be answered before something is done: why is it voided, and the like.

import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { t } from "../lib/i18n.js";
import { html, Sheet } from "../lib/ui.js";

const question = signal(null);

// Resolves to the answer, or to null when the reader thought better of it.
export function ask({ title, subtitle, choices = [], label, confirm, optional = false, kind = "" }) {
  return new Promise((resolve) => {
    question.value = { title, subtitle, choices, label, confirm, optional, kind, resolve };
  });
}

export function askReason(title, subtitle, { optional = false } = {}) {
  const choices = ["mistake", "changedMind", "quality", "soldOut"].map((key) => t(`reason.${key}`));
  return ask({ title, subtitle, choices, label: t("reason"), confirm: title, optional, kind: "bad" });
}

export function Asker() {
  const asked = question.value;
  return asked && html`<${Question} key=${asked.title} ...${asked} />`;
}

function Question({ title, subtitle, choices, label, confirm, optional, kind, resolve }) {
  const [text, setText] = useState("");
  const answer = (value) => {
    question.value = null;
    resolve(value);
  };
  const ready = optional || !label || text.trim();
  const footer = html`
    <button class="button" onClick=${() => answer(null)}>${t(kind === "bad" ? "keepIt" : "notNow")}</button>
    <button
      class=${`button primary ${kind}`}
      disabled=${!ready}
      onClick=${() => answer(text.trim())}
    >
      ${confirm}
    </button>
  `;
  return html`
    <${Sheet} title=${title} subtitle=${subtitle} footer=${footer} kind="small" onClose=${() => answer(null)}>
      ${choices.length > 0 &&
      html`<div class="chips">
        ${choices.map(
          (choice) => html`<button
            class="chip"
            aria-pressed=${text === choice}
            onClick=${() => setText(choice)}
          >
            ${choice}
          </button>`,
        )}
      </div>`}
      ${label &&
      html`<label class="field">
        <span>${label}</span>
        <input
          value=${text}
          maxlength="500"
          onInput=${(event) => setText(event.currentTarget.value)}
        />
      </label>`}
    </${Sheet}>
  `;
}
