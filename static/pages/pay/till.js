// What the guest's phone says to the hub about money, and what it hears of it.

import { signal } from "@preact/signals";
import { explain } from "./looks.js";
import * as ton from "./ton.js";
import { hearBill, jobEnd } from "../guest/hearing.js";
import * as guest from "../guest/visit.js";

export const busy = signal(false);
export const opened = signal(null); // the payment that is shown instead of the bill

export async function ask(name, payload = {}) {
  busy.value = true;
  try {
    return await guest.link.value.send(name, payload);
  } catch (error) {
    explain(error);
    return null;
  } finally {
    busy.value = false;
  }
}

export const fetchBill = async () => {
  const bill = await ask("bill:get");
  if (bill) hearBill(bill);
};

// By card the job's result leads to the company's own page; cash is brought to by a waiter; what a
// wallet has to send is shown here. `means` has the method, and in TON the asset.
export async function pay(what, means, tip) {
  const begun = await ask("bill:pay", { ...what, ...means, tip });
  if (!begun) return;
  opened.value = begun.payment.id;
  if (begun.jobId) await lead(begun.jobId);
}

async function lead(jobId) {
  busy.value = true;
  const told = await jobEnd(jobId);
  if (told.result?.comment) ton.keep(told.result.paymentId, told.result.comment);
  busy.value = false;
  if (told.result?.checkoutUrl) location.assign(told.result.checkoutUrl);
  else if (told.error) explain(told.error);
}

// The part of an equal split that nobody pays yet: the split is made for all to see.
export async function splitEqually(parts) {
  const bill = await ask("bill:split", { mode: "equal", parts });
  if (bill) hearBill(bill);
  return bill?.legs.find((leg) => leg.status === "OPEN" && leg.amount > 0)?.id ?? null;
}

export const cancel = (payment) => ask("payment:cancel", { paymentId: payment.id });
