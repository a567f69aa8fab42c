// A guest's line to the hub, and what the phone keeps of the visit for when there is none.

import { openLink } from "../../lib/client.js";
import { forgetPictures, pictureOf } from "../../lib/keep.js";
import { workWithoutLine } from "../../lib/offline.js";
import { keepPictures } from "../../lib/picture.js";
import { code, KEY } from "./early.js";
import { hear, show } from "./hearing.js";
import * as guest from "./visit.js";

const VISIT_MS = 6 * 3600 * 1000; // what is older was another evening

export async function remembered() {
  const picture = await pictureOf(KEY);
  return picture && Date.now() - picture.at < VISIT_MS ? picture : null;
}

export function connect(picture) {
  const link = openLink({
    token: () => guest.visit.value.token,
    renew: () => guest.scan(),
    join: { name: "join:table", payload: {} },
    show,
    apply: hear,
    onJoined: (data) => guest.menu.joined(data),
    owner: `guest:${guest.visit.value.guest.id}`,
    picture,
    onKept: guest.resume,
    onEnded: (reason) => {
      stop();
      forgetPictures(code);
      guest.ended.value = reason;
    },
  });
  const stop = keepPictures(KEY, () => ({
    seq: link.seq.value,
    visit: guest.visit.value,
    menu: guest.menu.menu.value,
    cart: guest.cart.value,
    bill: guest.bill.value,
    orders: [...guest.orders.value.values()],
    requests: [...guest.requests.value.values()],
  }));
  workWithoutLine().catch(() => {}); // a browser may forbid it; the page works as long as it is open
  return { ...link, close: () => (stop(), link.close()) };
}
