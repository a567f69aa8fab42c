// Who is in charge at the pass is called where no waiter has answered a dish or a guest.

import { t } from "../../lib/i18n.js";
import { play } from "../../lib/sound.js";
import { complain, toast } from "../../lib/ui.js";

const MS = 60_000;

const shown = new Map(); // alert or call -> what takes its notice away again

// Takes in what is told of alerts and calls; only those in charge are told of any.
export function hearSummons(name, data, send) {
  shown.get(data.id)?.();
  shown.delete(data.id);
  if (name.endsWith(":escalated")) shown.set(data.id, summon(data, send));
}

function summon({ id, kind, tableNumber, orderNumber }, send) {
  const ready = kind === "ready";
  const what = ready ? t("waiter.ready", { number: orderNumber }) : t(`waiter.asks.${kind}`);
  const answer = ready ? ["alert:ack", { alertId: id }] : ["service:ack", { requestId: id }];
  play("alarm");
  return toast(`${t("waiter.escalated")} · ${t("table", { number: tableNumber })} · ${what}`, {
    kind: "bad",
    ms: MS,
    action: t("waiter.ack"),
    onAction: () => send(...answer).catch(complain),
  });
}
