// The link to a payment's receipt, for its payer and for those who serve.

import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { lang } from "../../lib/i18n.js";

// Returns {number, href, mailed}, null until it is here; without a line there is none. {none: true}
// where the payment is older than receipts are.
export function useReceipt(payment, token) {
  const [link, setLink] = useState(null);
  useEffect(() => {
    get(`/api/payments/${payment.id}/receipt`, token).then(setLink, (error) => {
      if (error.code === "CONFLICT") setLink({ none: true });
    });
  }, [payment.id]);
  // Here the hub is where this page is from, whatever it is called elsewhere.
  return link?.url ? { ...link, href: `${new URL(link.url).pathname}?lang=${lang.value}` } : link;
}
