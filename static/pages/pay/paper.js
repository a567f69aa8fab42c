// The receipt as a document: its number, and the link under which it stays.

import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { lang, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import * as guest from "../guest/visit.js";

export function PaperLink({ payment }) {
  const [link, setLink] = useState(null);
  useEffect(() => {
    // Without a line there is no link; what was paid is on the screen all the same.
    get(`/api/payments/${payment.id}/receipt`, guest.visit.value.token).then(setLink, () => {});
  }, [payment.id]);
  if (!link) return null;
  return html`<a
    class="button pay-paper"
    href=${`${new URL(link.url).pathname}?lang=${lang.value}`}
    target="_blank"
    rel="noopener"
  ><${Icon} name="bill" /> ${t("pay.openReceipt", { number: link.number })}</a>`;
}
