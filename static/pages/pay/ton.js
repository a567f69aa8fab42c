// Paying with a wallet of TON: what to send where, until it has arrived.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { recall, remember } from "../../lib/store.js";
import { html, Icon, toast } from "../../lib/ui.js";

const EVERY = 3_000; // ms; how much has arrived so far is not told by itself
const KEPT = "ton:";

export const assets = signal({}); // what is taken here, by what people call it

// A hub that cannot be asked just now takes cards and cash all the same.
export async function fetchAssets() {
  const told = await get("/api/ton").catch(() => ({ assets: {} }));
  assets.value = told.assets;
}

// The comment is told to this phone alone, once: a reload must not lose it.
const comments = signal({});

export function keep(paymentId, comment) {
  comments.value = { ...comments.value, [paymentId]: comment };
  remember(KEPT + paymentId, comment, sessionStorage);
}

export function Transfer({ payment }) {
  const shown = useShown(comments.value[payment.id] ?? recall(KEPT + payment.id, sessionStorage));
  if (!shown) return html`<p>${t("pay.tonWait")}</p>`;
  const some = Number(shown.received) > 0;
  const what = { amount: some ? shown.missing : shown.amount, coin: shown.coin };
  return html`
    ${shown.sandbox && html`<p class="tag bad">${t("pay.sandbox")}</p>`}
    <p class="pay-coins">${t("pay.tonSend", what)}</p>
    ${some && html`<p role="alert">${t("pay.tonPart", shown)}</p>`}
    <p>${t("pay.tonUntil", { time: time(shown.expiresAt) })}</p>
    <div class="pay-links">
      <a class="button primary" href=${shown.link}>${t("pay.tonOpen")}</a>
      <a class="button" href=${shown.webLink} target="_blank" rel="noopener">${t("pay.tonWeb")}</a>
    </div>
    <img
      class="pay-code"
      width="200"
      height="200"
      alt=${t("pay.tonScan")}
      src=${`/api/ton/${shown.comment}/qr.svg?${shown.missing}`}
    />
    <p>${t("pay.tonScan")}</p>
    <dl class="pay-fields">
      <${Field} name=${t("pay.tonComment")} value=${shown.comment} />
      <${Field} name=${t("pay.tonAddress")} value=${shown.address} />
    </dl>
    <p>${t("pay.tonWait")}</p>
  `;
}

function useShown(comment) {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    if (!comment) return undefined;
    let open = true;
    const look = async () => {
      // Without a line it stays as it was, and is looked at again.
      const told = await get(`/api/ton/${comment}`).catch(() => null);
      if (open && told) setShown(told);
    };
    look();
    const timer = setInterval(look, EVERY);
    return () => {
      open = false;
      clearInterval(timer);
    };
  }, [comment]);
  return shown;
}

function Field({ name, value }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      toast(t("pay.copied"), { ms: 2500 });
    } catch {
      toast(t("pay.notCopied"), { kind: "bad" }); // plain http has no clipboard
    }
  };
  return html`<div>
    <dt>${name}</dt>
    <dd>
      <code dir="ltr">${value}</code>
      <button class="icon-button" aria-label=${t("pay.copy", { name })} onClick=${copy}>
        <${Icon} name="copy" />
      </button>
    </dd>
  </div>`;
}
