// The proof of a purchase: a receipt to keep, and an item on TON for who wants one.

import { useEffect, useState } from "preact/hooks";
import { get, post } from "../../lib/api.js";
import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet, toast } from "../../lib/ui.js";
import { Field } from "./owned.js";

const EVERY = 3_000; // ms; how far an item is is not told by itself
const ON_ITS_WAY = new Set(["prepared", "sent", "unknown"]);

export function Proof({ esim, onClose }) {
  const [proof, setProof] = useState(null);
  const path = esim.proof;
  const open = ON_ITS_WAY.has(proof?.state);
  useEffect(() => void get(path).then(setProof, complain), []);
  useEffect(() => {
    if (!open) return undefined;
    // Without a line it stays as it was, and is looked at again.
    const timer = setInterval(() => get(path).then(setProof, () => null), EVERY);
    return () => clearInterval(timer);
  }, [open]);
  return html`<${Sheet} title=${t("esim.proof")} kind="small" onClose=${onClose}>
    ${proof && html`<${Shown} proof=${proof} onAsk=${(owner) => post(path, { owner }).then(setProof)} />`}
  </${Sheet}>`;
}

function Shown({ proof, onAsk }) {
  return html`
    ${proof.sandbox && html`<p class="sandbox-note"><${Icon} name="warn" /> ${t("sandbox")}</p>`}
    <p>${t("esim.proofText")}</p>
    <dl class="esim-manual esim-receipt">
      <${Field} name=${t("esim.receipt")} value=${proof.receipt} />
    </dl>
    ${proof.refunded > 0 &&
    html`<p class="sandbox-note" role="status">
      <${Icon} name="undo" /> ${t("esim.refunded", { amount: money(proof.refunded, proof.currency) })}
    </p>`}
    ${proof.kind === "nft" && html`<${Item} proof=${proof} />`}
    ${(proof.mintable || proof.state === "failed") && html`<${Ask} from=${proof.paidFrom ?? proof.owner} onAsk=${onAsk} />`}
  `;
}

function Item({ proof }) {
  return html`
    <p role="status">${t(`esim.nft.${proof.state}`)}</p>
    <dl class="esim-manual">
      <${Field} name=${t("esim.nftWallet")} value=${proof.owner} />
      ${proof.item && html`<${Field} name=${t("esim.nftItem")} value=${proof.item} />`}
    </dl>
  `;
}

// The wallet that has paid is only proposed: it may be an exchange's.
function Ask({ from, onAsk }) {
  const [busy, setBusy] = useState(false);
  const ask = async (event) => {
    event.preventDefault();
    const owner = new FormData(event.currentTarget).get("owner").trim();
    setBusy(true);
    try {
      await onAsk(owner);
    } catch (error) {
      if (error.code === "INVALID") toast(t("esim.nftWrong"), { kind: "bad" });
      else complain(error);
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="esim-ask" onSubmit=${ask}>
    <p>${t("esim.nftText")}</p>
    <label class="field">
      <span>${t("esim.nftWallet")}</span>
      <input name="owner" value=${from} required minlength="48" maxlength="67" dir="ltr" autocomplete="off" spellcheck="false" />
    </label>
    <button class="button" disabled=${busy}>${t("esim.nftAsk")}</button>
  </form>`;
}
