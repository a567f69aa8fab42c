// The words and the looks of paying, fetched when somebody wants them.

import { alsoSpeak, lang, speak, t } from "../../lib/i18n.js";
import { complain, toast } from "../../lib/ui.js";

let ready = null;

// Tell what came of it that something could not be paid: mostly that somebody else was faster.
export function explain(error) {
  if (error.code === "CONFLICT") toast(t("pay.conflict"), { kind: "bad" });
  else complain(error);
}

export function prepare() {
  ready ??= (async () => {
    alsoSpeak("pay");
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("../../styles/pay.css", import.meta.url).href;
    const styled = new Promise((done) => sheet.addEventListener("load", done, { once: true }));
    document.head.append(sheet);
    await Promise.all([speak(lang.value), styled]);
  })();
  return ready;
}
