// The words and the looks of paying, fetched when somebody wants them.

import { alsoSpeak, lang, speak } from "../../lib/i18n.js";

let ready = null;

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
