// The receipt as a document: its number, and the link under which it stays.

import { useState } from "preact/hooks";
import { post } from "../../lib/api.js";
import { lang, t } from "../../lib/i18n.js";
import { newId } from "../../lib/ids.js";
import { complain, html, Icon } from "../../lib/ui.js";
import { jobEnd } from "../guest/hearing.js";
import * as guest from "../guest/visit.js";
import { useReceipt } from "./link.js";

export function Paper({ payment }) {
  const link = useReceipt(payment, guest.visit.value.token);
  if (!link) return null;
  if (link.none) return html`<p class="muted">${t("pay.noReceipt")}</p>`;
  return html`<div class="pay-paper">
    <a class="button" href=${link.href} target="_blank" rel="noopener"><${Icon} name="bill" /> ${t("pay.openReceipt", { number: link.number })}</a>
    ${link.mailed && html`<${Mail} payment=${payment} />`}
  </div>`;
}

const LOOKS_LIKE_ONE = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/;

// Where it is sent to is said once, and kept nowhere.
function Mail({ payment }) {
  const [address, setAddress] = useState("");
  const [state, setState] = useState(null); // sending, sent, failed, wrong
  const send = async (event) => {
    event.preventDefault();
    if (!LOOKS_LIKE_ONE.test(address.trim())) return setState("wrong");
    setState("sending");
    const body = { address: address.trim(), lang: lang.value, commandId: newId() };
    try {
      const path = `/api/payments/${payment.id}/receipt/mail`;
      const { jobId } = await post(path, body, guest.visit.value.token);
      const told = await jobEnd(jobId);
      setState(told.error ? "failed" : "sent");
      if (!told.error) setAddress("");
    } catch (error) {
      if (error.code === "INVALID") return setState("wrong");
      complain(error);
      setState(null);
    }
  };
  const said = { sending: "pay.mailSending", sent: "pay.mailSent", failed: "pay.mailFailed", wrong: "pay.mailWrong" };
  return html`<form class="pay-mail" noValidate onSubmit=${send}>
    <label class="field">
      <span>${t("pay.mail")}</span>
      <input
        type="email"
        dir="ltr"
        autocomplete="email"
        placeholder=${t("pay.mailTo")}
        value=${address}
        onInput=${(event) => setAddress(event.currentTarget.value)}
      />
    </label>
    <button class="button" disabled=${!address || state === "sending"}>${t("pay.mailSend")}</button>
    <p role="status" class=${state === "wrong" || state === "failed" ? "field-wrong" : ""}>${state && t(said[state])}</p>
  </form>`;
}
