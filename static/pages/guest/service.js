// Calling somebody: a waiter, water, the bill.

import { useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import { call, openRequest } from "./visit.js";

const KINDS = { call: "bell", water: "water", bill: "bill" };

export function ServiceButton() {
  const [open, setOpen] = useState(false);
  const waiting = Object.keys(KINDS).some((kind) => openRequest(kind));
  return html`
    <button
      class=${`icon-button bell-button ${waiting ? "on" : ""}`}
      aria-label=${t("service.title")}
      onClick=${() => setOpen(true)}
    >
      <${Icon} name="bell" />
    </button>
    ${open &&
    html`<${Sheet} title=${t("service.title")} kind="small" onClose=${() => setOpen(false)}>
      <${CallButtons} onCalled=${() => setOpen(false)} />
      <a class="button" href="/translator"><${Icon} name="talk" /> ${t("talk.inYours")}</a>
    </${Sheet}>`}
  `;
}

export function CallButtons({ onCalled }) {
  const ring = (kind) => {
    call(kind);
    onCalled?.();
  };
  return html`<div class="calls">
    ${Object.entries(KINDS).map(([kind, icon]) => {
      const open = openRequest(kind);
      return html`<button
        class=${`call ${open ? "on" : ""}`}
        aria-disabled=${Boolean(open)}
        onClick=${() => !open && ring(kind)}
      >
        <${Icon} name=${icon} />
        <span>${t(`service.${kind}`)}</span>
        ${open &&
        html`<small>${t(open.status === "ACKNOWLEDGED" ? "service.isComing" : "service.isSent")}</small>`}
      </button>`;
    })}
  </div>`;
}
