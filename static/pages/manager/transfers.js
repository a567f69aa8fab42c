// Transfers in TON that paid nothing: what came, why it was not booked, and what to do about it.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { amountOf, day, decimal, money, time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Sheet, toast } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import * as desk from "./desk.js";
import { Card, Field } from "./parts.js";

const PATH = "ton/deposits";
const EVERY = 30_000; // ms; what nobody waits for is told of by no event
const coins = signal({}); // what people call them here

// Where nothing has come nobody is told of TON.
export function Transfers({ seq }) {
  const [known, setKnown] = useState(null);
  const [open, setOpen] = useState(null);
  // Without a line it stays as it was, and the banner says so.
  const read = () => desk.ask("GET", PATH).then(setKnown, () => null);
  useEffect(() => {
    read();
    const timer = setInterval(read, EVERY);
    return () => clearInterval(timer);
  }, [seq]);
  useEffect(() => {
    get("/api/ton").then(({ assets }) => (coins.value = assets), complain);
  }, []);
  if (!known || known.deposits.length + known.owed.length === 0) return null;
  const title = t("m.ton.title");
  const waiting = known.deposits.filter((each) => each.left !== 0).length + known.owed.length;
  return html`<${Card} title=${title} count=${waiting}>
    <ul class="transfers">
      ${known.owed.map((payment) => html`<${Owed} key=${payment.id} payment=${payment} onDone=${read} />`)}
      ${known.deposits.map((each) => html`<${Row} key=${each.hash} deposit=${each} onOpen=${setOpen} />`)}
    </ul>
    ${open &&
    html`<${SeeTo}
      deposit=${open}
      onClose=${(changed) => {
        setOpen(null);
        if (changed) read();
      }}
    />`}
  </${Card}>`;
}

const coinOf = ({ asset }) => coins.value[asset] ?? asset;
const reasonOf = ({ outcome }) => t(`m.ton.why.${outcome}`);
// The reader's own day, as Swedes write it: year-month-day.
const when = (at) => `${day(new Date(at).toLocaleDateString("sv"))} ${time(at)}`;

function Row({ deposit, onOpen }) {
  const { amount, worth, left, currency, comment, tableNumber, handled } = deposit;
  return html`<li class="transfer">
    <div class="grow">
      <p>
        <strong>${amount} ${coinOf(deposit)}</strong>
        ${worth !== null && html` · <span class="price">${money(worth, currency)}</span>`}
        ${deposit.sandbox && html` <span class="tag warn">${t("sandbox")}</span>`}
      </p>
      <p>${reasonOf(deposit)}</p>
      <p class="muted">
        ${when(deposit.at)}${tableNumber && ` · ${t("table", { number: tableNumber })}`}
        ${comment && html` · <bdi>${comment}</bdi>`}
      </p>
      ${handled.map(
        (each) => html`<p class="transfer-done" key=${each.number}>
          ${t(`m.ton.done.${each.how}`, { amount: money(each.amount, currency), who: each.byName })}
          ${each.note && html` · <bdi>${each.note}</bdi>`}
        </p>`,
      )}
    </div>
    ${left !== 0 && html`<button class="button" onClick=${() => onOpen(deposit)}>${t("m.ton.seeTo")}</button>`}
  </li>`;
}

// What was paid for another company's goods, which could not be had: its coins go back by hand.
function Owed({ payment, onDone }) {
  const amount = money(payment.amount + payment.tip - payment.refunded, payment.currency);
  const back = async () => {
    const reason = await ask({
      title: t("m.ton.returned"),
      subtitle: amount,
      label: t("m.ton.note"),
      confirm: t("m.ton.returned"),
    });
    if (reason === null) return;
    await desk.link.send("payment:refund", { paymentId: payment.id, reason }).then(onDone, complain);
  };
  return html`<li class="transfer">
    <div class="grow">
      <p><strong class="price">${amount}</strong></p>
      <p>${t("m.ton.owed")}</p>
      <p class="muted">${when(payment.createdAt)}</p>
    </div>
    <button class="button" onClick=${back}>${t("m.ton.returned")}</button>
  </li>`;
}

function SeeTo({ deposit, onClose }) {
  const house = desk.useKnown("house");
  const { currency, left, sessionId, tableNumber } = deposit;
  const [how, setHow] = useState(sessionId ? "booked" : "returned");
  const save = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget));
    const amount = amountOf(given.amount, currency);
    const what = { hash: deposit.hash, how, note: given.note.trim() };
    if (amount !== null) what.amount = amount;
    if (how === "booked" && given.tableId) what.tableId = given.tableId;
    try {
      await desk.ask("POST", PATH, what);
      toast(t("m.ton.noted"));
      onClose(true);
    } catch (error) {
      if (error.code === "CONFLICT") toast(t("m.ton.tooMuch"), { kind: "bad" });
      else complain(error);
    }
  };
  const own = sessionId && t("m.ton.ownBill", { table: tableNumber });
  return html`<${Sheet}
    title=${t("m.ton.seeTo")}
    subtitle=${`${deposit.amount} ${coinOf(deposit)} · ${reasonOf(deposit)}`}
    kind="small"
    onClose=${() => onClose(false)}
  >
    <form class="form" onSubmit=${save}>
      <div class="chips" role="group" aria-label=${t("m.ton.seeTo")}>
        ${["booked", "returned"].map(
          (each) => html`<button type="button" class="chip" aria-pressed=${how === each} onClick=${() => setHow(each)}>
            ${t(`m.ton.${each}`)}
          </button>`,
        )}
      </div>
      <${Field} label=${t("m.ton.amount", { currency })}>
        <input name="amount" inputmode="decimal" required value=${left === null ? "" : decimal(left, currency)} />
      </${Field}>
      ${how === "booked" &&
      html`<${Field} label=${t("m.ton.bill")}>
        <select name="tableId" required=${!sessionId}>
          ${own ? html`<option value="">${own}</option>` : html`<option value="" />`}
          ${house?.tables.map((each) => html`<option value=${each.id}>${t("table", { number: each.number })}</option>`)}
        </select>
      </${Field}>`}
      <${Field} label=${t("m.ton.note")} hint=${how === "returned" ? t("m.ton.noteHint") : ""}>
        <input name="note" maxlength="500" required=${how === "returned"} />
      </${Field}>
      <button class="button primary">${t("save")}</button>
    </form>
  </${Sheet}>`;
}
