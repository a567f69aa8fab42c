// Giving back what was paid, or a part of it: with a reason, by the way it came.

import { amountOf, decimal, money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Sheet, toast } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Field } from "./parts.js";

const HOW = { CASH: "cash", TON_WALLET: "cash", ROOM_CHARGE: "room" }; // coins go back in cash too

export function GivingBack({ paper, onClose }) {
  const { currency, left, method, number, paymentId } = paper;
  const how = HOW[method] ?? "card";
  const save = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget));
    const amount = how === "room" ? left : amountOf(given.amount, currency);
    if (!amount || amount > left) return toast(t("b.backTooMuch"), { kind: "bad" });
    try {
      await desk.link.send("payment:refund", { paymentId, amount, reason: given.reason.trim() });
      toast(t("b.backDone", { amount: money(amount, currency) }));
      onClose();
    } catch (error) {
      if (error.code === "CONFLICT") toast(t("b.backTooMuch"), { kind: "bad" });
      else complain(error);
    }
  };
  return html`<${Sheet} title=${t("b.back")} subtitle=${number} kind="small" onClose=${onClose}>
    <form class="form" onSubmit=${save}>
      <${Field} label=${t("b.backAmount", { currency })} hint=${t(`b.backHow.${how}`)}>
        <input name="amount" inputmode="decimal" required disabled=${how === "room"} value=${decimal(left, currency)} />
      </${Field}>
      <${Field} label=${t("reason")}>
        <input name="reason" required maxlength="500" pattern=".*\\S.*" />
      </${Field}>
      <button class="button primary">${t("b.back")}</button>
    </form>
  </${Sheet}>`;
}
