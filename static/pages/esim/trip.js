// A traveller's business: who they are, what is offered, what they buy, what they have.

import { batch, signal } from "@preact/signals";
import { get, post, Refused } from "../../lib/api.js";
import { openLink } from "../../lib/client.js";
import { lang, t } from "../../lib/i18n.js";
import { recall, remember } from "../../lib/store.js";
import { complain, toast } from "../../lib/ui.js";

const CODE = "guest:code"; // the table whose code this phone has scanned
const DEVICE = "esim:tokens"; // of the eSIMs seen here: they are shown when the visit is long over
const BUYING = "esim:buying"; // what was being bought when the page was left

export const visit = signal(null);
export const offers = signal({ key: null, packages: null, error: null });
export const esims = signal(new Map());
export const buying = signal(null); // {jobId, package, esimId, status, coins: {paymentId, closing}}
export const shown = signal(null); // the id of the eSIM whose code is shown
export const taken = signal({}); // what a wallet of TON may pay in, by what people call it

export let link = null;
const ends = new Map(); // jobId -> who waits for its end

// Resolves to whether this phone is at a table; eSIMs bought before are there in any case.
export async function start() {
  showKept();
  const code = recall(CODE);
  if (!code) return false;
  try {
    await scan(code);
  } catch (error) {
    if (error.code === "NOT_FOUND" || error.code === "FORBIDDEN") return false;
    throw error;
  }
  link = openLink({
    token: () => visit.value.token,
    renew: () => scan(code),
    join: { name: "join:table", payload: {} },
    show: catchUp,
    apply: hear,
    owner: `guest:${visit.value.guest.id}`,
    onKept: (_tap, answer) => answer.catch(complain),
    onEnded: () => (visit.value = null),
  });
  return true;
}

async function scan(code) {
  const key = `guest:${code}`;
  const path = `/api/scan/${encodeURIComponent(code)}`;
  const answer = await post(path, { language: lang.value }, recall(key)?.token);
  remember(key, { token: answer.token });
  visit.value = answer;
}

// What a snapshot cannot tell: eSIMs are asked for, and so are jobs that may have ended meanwhile.
async function catchUp() {
  const kept = recall(BUYING);
  if (kept && !buying.value) follow(kept);
  for (const jobId of ends.keys()) ask(jobId);
  try {
    const { esims: own } = await get("/api/esims", visit.value.token);
    own.forEach(take);
  } catch (error) {
    complain(error);
  }
}

async function ask(jobId) {
  try {
    const news = await link.send("job:get", { jobId });
    hear(NAMES[news.status] ?? "job:progress", news);
  } catch (error) {
    settle(jobId, { error });
  }
}

const NAMES = { COMPLETED: "job:completed", FAILED: "job:failed", CANCELLED: "job:failed" };

function hear(name, data) {
  if (name === "job:completed") return settle(data.jobId, { result: data.result });
  if (name === "job:failed") return settle(data.jobId, { error: new Refused(data.error) });
  if (name === "job:progress" && data.jobId === buying.value?.jobId) {
    buying.value = { ...buying.value, status: data.status };
  }
  if (name === "payment:statusChanged") return heardOf(data);
  if (name === "esim:lowData") {
    const held = esims.value.get(data.esimId);
    if (held) take({ ...held, usage: data.usage });
  }
  return undefined;
}

function settle(jobId, outcome) {
  ends.get(jobId)?.(outcome);
  ends.delete(jobId);
}

// Resolves to what a job comes to; an answer that is known already is one.
function done(answer) {
  if (answer.result) return Promise.resolve(answer.result);
  return new Promise((resolve, reject) => {
    ends.set(answer.jobId, ({ result, error }) => (error ? reject(error) : resolve(result)));
  });
}

// What is offered for a country (empty: for many at once), or to top an eSIM up.
export async function look(wanted) {
  const key = JSON.stringify(wanted);
  offers.value = { key, packages: null, error: null };
  try {
    const found = await done(await link.send("esim:packages", wanted));
    if (offers.value.key === key) offers.value = { key, packages: found.packages, error: null };
  } catch (error) {
    if (offers.value.key === key) offers.value = { key, packages: [], error };
  }
}

export async function buy(offer, { country, esimId }) {
  const wanted = { packageId: offer.id, expectedPrice: offer.price };
  const more = esimId ? { esimId } : { ...(country ? { country } : {}) };
  try {
    const { jobId } = await link.send(esimId ? "esim:topup" : "esim:purchase", { ...wanted, ...more });
    await follow({ jobId, package: offer, status: "QUEUED" });
  } catch (error) {
    complain(error);
  }
}

// Stay with a purchase until its end, over reloads too.
async function follow(purchase) {
  buying.value = purchase;
  remember(BUYING, purchase);
  const end = done(purchase);
  ask(purchase.jobId);
  try {
    const esim = await end;
    batch(() => {
      if (esim) take(esim); // of an old end nothing is told any more
      shown.value = esim?.id ?? null;
    });
  } catch (error) {
    complain(error);
  } finally {
    buying.value = null;
    remember(BUYING, null);
  }
}

export async function callOff() {
  try {
    await link.send("job:cancel", { jobId: buying.value.jobId });
  } catch (error) {
    complain(error);
  }
}

// The card is asked for on the card company's own page, which leads back here. Who comes back and
// has not paid is led to the same page again: there is one for a purchase.
export async function payByCard() {
  const { jobId, checkoutUrl } = buying.value;
  if (checkoutUrl) return location.assign(checkoutUrl);
  const charge = { purpose: "esim", reference: jobId };
  try {
    const found = await done(await link.send("payment:start", charge));
    remember(BUYING, { ...buying.value, checkoutUrl: found.checkoutUrl });
    location.assign(found.checkoutUrl);
  } catch (error) {
    if (error.code === "PROVIDER_UNAVAILABLE") toast(t("esim.noCards"), { kind: "bad" });
    else complain(error);
  }
}

export async function fetchCoins() {
  // A hub that cannot be asked just now takes cards all the same.
  taken.value = (await get("/api/ton").catch(() => ({ assets: {} }))).assets;
}

// What a wallet is shown is the bill's page of paying, fetched when somebody wants it.
export async function wallet() {
  const [ton, { prepare }] = await Promise.all([import("../pay/ton.js"), import("../pay/looks.js")]);
  await prepare();
  return ton;
}

export async function payInCoins(asset) {
  const charge = { purpose: "esim", reference: buying.value.jobId, method: "TON_WALLET", asset };
  try {
    const [found, { keep }] = await Promise.all([done(await link.send("payment:start", charge)), wallet()]);
    keep(found.paymentId, found.comment);
    now({ coins: { paymentId: found.paymentId } });
  } catch (error) {
    if (error.code === "PROVIDER_UNAVAILABLE") toast(t("esim.noCoins"), { kind: "bad" });
    else complain(error);
  }
}

// To pay in another way, or not at all: what is on its way is waited for first.
export async function otherwise() {
  const { paymentId } = buying.value.coins;
  now({ coins: { paymentId, closing: true } });
  try {
    await link.send("payment:cancel", { paymentId });
  } catch (error) {
    if (error.code === "ILLEGAL_TRANSITION") now({ coins: null });
    else complain(error);
  }
}

// Its time was over, or it was called off: somebody may pay in another way now.
function heardOf(payment) {
  if (payment.id === buying.value?.coins?.paymentId && payment.status === "FAILED") now({ coins: null });
}

function now(changes) {
  buying.value = { ...buying.value, ...changes };
  remember(BUYING, buying.value);
}

// Of a stand-in's eSIM nobody pays with money; there is a way to do as if, where developers are.
export async function payForTrying() {
  try {
    await post("/api/demo/pay", { jobId: buying.value.jobId }, visit.value.token);
  } catch (error) {
    complain(error);
  }
}

export async function refresh(esim) {
  try {
    if (link && visit.value) take(await done(await link.send("esim:usage", { esimId: esim.id })));
    else take(await get(`/api/esims/${esim.token}`));
  } catch (error) {
    complain(error);
  }
}

function take(esim) {
  esims.value = new Map(esims.value).set(esim.id, esim);
  remember(DEVICE, [...new Set([...(recall(DEVICE) ?? []), esim.token])]);
}

function showKept() {
  for (const token of recall(DEVICE) ?? []) {
    get(`/api/esims/${token}`).then(take, (error) => {
      if (error.code === "NOT_FOUND") forgetToken(token);
    });
  }
}

function forgetToken(token) {
  remember(DEVICE, (recall(DEVICE) ?? []).filter((each) => each !== token));
}
