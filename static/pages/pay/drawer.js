// A waiter's cash drawer: opened with change, and counted when the shift is over.

import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { amountOf, decimal, money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { place, session } from "../../lib/staff.js";
import { complain, html, Sheet, toast } from "../../lib/ui.js";
import * as floor from "../waiter/floor.js";

export function DrawerSheet({ onClose }) {
  const [now, setNow] = useState(null);
  const [amount, setAmount] = useState(null);
  const read = () =>
    get(`/api/restaurants/${place.value.id}/drawer`, session.value.accessToken).then(setNow, complain);
  useEffect(() => {
    read();
  }, []);
  if (!now) return null;
  const { drawer, currency } = now;
  const restaurantId = place.value.id;
  const save = async () => {
    const done = drawer
      ? await floor.money("drawer:count", { restaurantId, counted: amount })
      : await floor.money("drawer:open", { restaurantId, opening: amount ?? 0 });
    if (!done) return;
    if (drawer) {
      const off = money(done.counted - done.expected, currency, { sign: true });
      toast(t("pay.difference", { amount: off }), { ms: 8000 });
    }
    setAmount(null);
    read();
  };
  const footer = html`<button class="button primary grow" disabled=${drawer && amount === null} onClick=${save}>
    ${t(drawer ? "pay.count" : "pay.openIt")}
  </button>`;
  return html`<${Sheet}
    key=${drawer?.id ?? "closed"}
    title=${t("pay.drawer")}
    subtitle=${drawer ? t("pay.expected", { amount: money(drawer.expected, currency) }) : ""}
    kind="small"
    footer=${footer}
    onClose=${onClose}
  >
    <label class="field">
      <span>${t(drawer ? "pay.counted" : "pay.openDrawer")}</span>
      <input
        inputmode="decimal"
        autocomplete="off"
        placeholder=${decimal(0, currency)}
        onInput=${(event) => setAmount(amountOf(event.currentTarget.value, currency))}
      />
    </label>
  </${Sheet}>`;
}
