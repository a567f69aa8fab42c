// The way to the bill; what is behind it is fetched when somebody wants to pay.

import { useEffect, useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { bill, returned } from "./visit.js";

export function PayButton() {
  const [pages, setPages] = useState(null);
  const open = async (paymentId = null) => {
    const [{ PaySheet }, till, { prepare }] = await Promise.all([
      import("../pay/sheet.js"),
      import("../pay/till.js"),
      import("../pay/looks.js"),
    ]);
    await Promise.all([prepare(), till.fetchBill()]);
    till.opened.value = paymentId;
    setPages({ PaySheet });
  };
  useEffect(() => {
    if (returned.value) open(returned.value);
    returned.value = null;
  }, []);
  const paid = bill.value && bill.value.outstanding === 0 && bill.value.paid > 0;
  return html`
    <button class="button primary pay-button" onClick=${() => open()}>
      <${Icon} name="bill" /> ${t(paid ? "pay.done" : "pay.begin")}
    </button>
    ${pages && html`<${pages.PaySheet} onClose=${() => setPages(null)} />`}
  `;
}
