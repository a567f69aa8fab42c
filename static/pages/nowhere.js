// What a browser shows that asks for a page there is none of.

import { render } from "preact";
import { alsoSpeak, preferred, speak, t } from "../lib/i18n.js";
import { recall } from "../lib/store.js";
import { html, Icon } from "../lib/ui.js";

const CODE = "guest:code"; // as the guest's page keeps it

function App() {
  const seated = recall(CODE, sessionStorage) ?? recall(CODE);
  return html`<main class="quiet-page" id="main">
    <div class="quiet-mark"><${Icon} name="table" /></div>
    <h1>${t("nowhere.title")}</h1>
    <p>${t("nowhere.text")}</p>
    ${seated && html`<a class="button primary" href="/scan/here">${t("nowhere.table")}</a>`}
    <a class=${`button ${seated ? "" : "primary"}`} href="/">${t("nowhere.start")}</a>
  </main>`;
}

alsoSpeak("nowhere");
await speak(preferred());
document.title = t("nowhere.title");
render(html`<${App} />`, document.getElementById("app"));
