// Who looks for a room: a guest of the table whose code is in the address, or was scanned before.

import { signal } from "@preact/signals";
import { get, post, Refused } from "../../lib/api.js";
import { openLink } from "../../lib/client.js";
import { lang } from "../../lib/i18n.js";
import { recall, remember } from "../../lib/store.js";
import { complain } from "../../lib/ui.js";

const HERE = "here"; // stands for the code, which does not stay in the address
const CODE = "guest:code";
const asked = decodeURIComponent(location.pathname.split("/")[2] ?? "");
export const code = asked === HERE ? (recall(CODE, sessionStorage) ?? recall(CODE) ?? "") : asked;
const KEY = `guest:${code}`;

export const visit = signal(null); // what the scan answered
export const ended = signal(null); // why the visit is over
export const found = signal(null); // what the last search found, with the stay it was for
export const searching = signal(false);
export const bookings = signal([]);

export let link = null;
const jobs = new Map(); // those that ended, or are waited for: jobId -> {end, tell}

async function scan() {
  const path = `/api/scan/${encodeURIComponent(code)}`;
  const answer = await post(path, { language: lang.value }, recall(KEY)?.token);
  remember(KEY, { token: answer.token });
  remember(CODE, code);
  remember(CODE, code, sessionStorage);
  history.replaceState(null, "", `/hotel/${HERE}`);
  visit.value = answer;
  return answer;
}

export async function open() {
  const answer = await scan();
  link = openLink({
    token: () => visit.value.token,
    renew: scan,
    join: { name: "join:table", payload: {} },
    show: () => {},
    apply: hear,
    owner: `guest:${answer.guest.id}`,
    onKept: (_tap, sent) => sent.then(load, complain),
    onEnded: (reason) => {
      ended.value = reason;
    },
  });
  await load();
}

export async function load() {
  bookings.value = (await get("/api/hotel-bookings", visit.value.token)).bookings;
}

export async function search(stay) {
  searching.value = true;
  try {
    const { result } = await done("hotel:search", stay);
    found.value = { ...result, stay };
  } catch (error) {
    complain(error);
  } finally {
    searching.value = false;
  }
}

// The booking; throws where there is none.
export async function book(offer, stay, guest) {
  const { provider, hotelId, roomTypeId, total } = offer;
  const { rooms: _, ...when } = stay;
  const wish = { provider, hotelId, roomTypeId, ...when, guest, expectedTotal: total };
  const answer = await done("hotel:book", wish);
  await load();
  return answer.booking ?? answer.result;
}

export async function cancel(booking) {
  try {
    await done("hotel:cancel", { bookingId: booking.bookingId });
    await load();
  } catch (error) {
    complain(error);
  }
}

// A command's answer, or that of the job which it began.
async function done(name, payload) {
  const answer = await link.send(name, payload);
  if (!answer.jobId) return answer;
  const end = await new Promise((tell) => {
    const known = jobs.get(answer.jobId);
    if (known?.end) tell(known.end);
    else jobs.set(answer.jobId, { tell });
  });
  jobs.delete(answer.jobId);
  if (end.error) throw new Refused(end.error);
  return end;
}

function hear(name, data) {
  if (name === "job:completed" || name === "job:failed") {
    const waiting = jobs.get(data.jobId);
    if (waiting) waiting.tell(data);
    else jobs.set(data.jobId, { end: data });
  }
  if (name === "hotel:bookingChanged") load().catch(complain);
}
