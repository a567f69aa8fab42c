// The eSIMs one has: what is left of each, its code, and more of it.

import { useState } from "preact/hooks";
import { number } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon, Sheet, toast } from "../../lib/ui.js";
import { Offers, Sandbox, sizeOf } from "./offers.js";
import { Proof } from "./proof.js";
import * as trip from "./trip.js";

const WIDTH = 100; // of the bar, in its own units

export function Owned() {
  const [topping, setTopping] = useState(null);
  const [proving, setProving] = useState(null);
  const all = [...trip.esims.value.values()];
  if (!all.length) return null;
  const more = (esim) => {
    setTopping(esim);
    trip.look({ esimId: esim.id });
  };
  return html`<section class="esim-owned" aria-labelledby="owned-title">
    <h2 id="owned-title">${t("esim.yours")}</h2>
    <ul class="esim-cards">
      ${all.map((esim) => html`<${Card} key=${esim.id} esim=${esim} onMore=${more} onProof=${setProving} />`)}
    </ul>
    ${proving && html`<${Proof} esim=${proving} onClose=${() => setProving(null)} />`}
    ${topping &&
    html`<${Sheet} title=${t("esim.topUp")} subtitle=${nameOf(topping)} onClose=${() => setTopping(null)}>
      <${Offers}
        onBuy=${(offer) => {
          setTopping(null);
          trip.buy(offer, { esimId: topping.id });
        }}
      />
    </${Sheet}>`}
  </section>`;
}

const nameOf = (esim) => `${esim.package.operator} · ${sizeOf(esim.package)}`;

function Card({ esim, onMore, onProof }) {
  const [asking, setAsking] = useState(false);
  const refresh = async () => {
    setAsking(true);
    await trip.refresh(esim);
    setAsking(false);
  };
  return html`<li class="esim-card">
    <div class="esim-card-head">
      <h3>${nameOf(esim)}</h3>
      ${esim.sandbox && html`<${Sandbox} />`}
    </div>
    <${Left} esim=${esim} />
    <div class="esim-actions">
      <button class="button primary" onClick=${() => (trip.shown.value = esim.id)}>
        ${t("esim.showCode")}
      </button>
      <button class="button" disabled=${asking} onClick=${refresh}>${t("esim.refresh")}</button>
      ${trip.visit.value &&
      html`<button class="button" disabled=${trip.buying.value !== null} onClick=${() => onMore(esim)}>
        ${t("esim.topUp")}
      </button>`}
      <button class="button" onClick=${() => onProof(esim)}>${t("esim.proof")}</button>
    </div>
  </li>`;
}

function Left({ esim }) {
  const { usage } = esim;
  if (!usage || usage.status === "NOT_ACTIVE") return html`<p class="muted">${t("esim.unused")}</p>`;
  if (usage.status === "EXPIRED") return html`<p class="esim-low">${t("esim.expired")}</p>`;
  if (usage.unlimited) return html`<p>${t("esim.unlimited")}</p>`;
  const values = { left: number(usage.remaining), total: number(usage.total) };
  const text = t("esim.left", values);
  const low = usage.remaining * 4 <= usage.total;
  const share = usage.total ? (WIDTH * usage.remaining) / usage.total : 0;
  return html`<div>
    <svg
      class=${`esim-bar ${low ? "low" : ""}`}
      viewBox=${`0 0 ${WIDTH} 8`}
      preserveAspectRatio="none"
      role="img"
      aria-label=${text}
    >
      <rect width=${WIDTH} height="8" class="whole" />
      <rect width=${share} height="8" class="part" />
    </svg>
    <p class=${low ? "esim-low" : ""}>
      ${low && html`<${Icon} name="warn" />`} <span aria-hidden="true">${text}</span>
    </p>
  </div>`;
}

// What a phone needs to install one: the code for another camera, links for this phone, or by hand.
export function Code() {
  const esim = trip.esims.value.get(trip.shown.value);
  if (!esim) return null;
  const close = () => (trip.shown.value = null);
  const { activation } = esim;
  return html`<${Sheet} title=${t("esim.install")} subtitle=${nameOf(esim)} onClose=${close}>
    ${esim.sandbox && html`<p class="sandbox-note"><${Icon} name="warn" /> ${t("esim.notReal")}</p>`}
    <img class="esim-code" src=${esim.svg} alt=${t("esim.codeAlt")} width="280" height="280" />
    <p>${t("esim.scan")}</p>
    <div class="esim-links">
      <a class="button primary" href=${activation.iosUrl}>iPhone</a>
      <a class="button primary" href=${activation.androidUrl}>Android</a>
      <a class="button" href=${esim.png} download="esim.png">${t("esim.save")}</a>
    </div>
    <p class="muted">${t("esim.links")}</p>
    <dl class="esim-manual">
      <${Field} name=${t("esim.address")} value=${activation.smdpAddress} />
      <${Field} name=${t("esim.code")} value=${activation.activationCode} />
      ${activation.confirmationCode &&
      html`<${Field} name=${t("esim.confirmation")} value=${activation.confirmationCode} />`}
      ${activation.apn && html`<${Field} name="APN" value=${activation.apn} />`}
      <${Field} name="LPA" value=${activation.lpa} />
    </dl>
    ${activation.roaming && html`<p>${t("esim.roaming")}</p>`}
  </${Sheet}>`;
}

export function Field({ name, value }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      toast(t("esim.copied"), { ms: 2500 });
    } catch {
      toast(t("esim.notCopied"), { kind: "bad" }); // plain http has no clipboard
    }
  };
  return html`<div>
    <dt>${name}</dt>
    <dd>
      <code dir="ltr">${value}</code>
      <button class="icon-button" aria-label=${t("esim.copy", { name })} onClick=${copy}>
        <${Icon} name="copy" />
      </button>
    </dd>
  </div>`;
}
