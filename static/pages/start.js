// The start page: what this is, in one screen; on a developer's machine also where to begin.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../lib/api.js";
import { preferred, speak, t } from "../lib/i18n.js";
import { html, Icon } from "../lib/ui.js";
import { LanguageButton } from "../parts/languages.js";

const STORY = ["scan", "order", "cook", "serve"];

function App() {
  const [demo, setDemo] = useState(null);
  useEffect(() => {
    get("/api/demo").then(setDemo, () => {}); // there is none where real guests sit
  }, []);
  return html`
    <header class="hero">
      <nav class="hero-top">
        <p class="brand"><img src="/static/icons/icon.svg" alt="" width="36" height="36" /> OneMoment</p>
        <${LanguageButton} />
      </nav>
      <div class="hero-row">
        <div>
          <h1>${t("start.title")}</h1>
          <p class="hero-text">${t("start.text")}</p>
        </div>
        <img
          class="hero-picture"
          src="/static/icons/at-work.webp"
          alt=${t("start.picture")}
          width="1000"
          height="640"
        />
      </div>
    </header>
    <main>
      <ol class="story">
        ${STORY.map(
          (step, index) => html`<li>
            <span class="story-number" aria-hidden="true">${index + 1}</span>
            <h2>${t(`start.${step}`)}</h2>
            <p>${t(`start.${step}Text`)}</p>
          </li>`,
        )}
      </ol>
      <section class="doors" aria-label=${t("start.doors")}>
        <a class="door" href="/kitchen"><${Icon} name="flame" /><strong>${t("kitchen")}</strong><span>${t("start.kitchen")}</span></a>
        <a class="door" href="/waiter"><${Icon} name="bell" /><strong>${t("waiter")}</strong><span>${t("start.waiter")}</span></a>
        <a class="door" href="/manager"><${Icon} name="chart" /><strong>${t("manager")}</strong><span>${t("start.manager")}</span></a>
        <a class="door" href="/floor"><${Icon} name="table" /><strong>${t("floor")}</strong><span>${t("start.floor")}</span></a>
      </section>
      <p><a href="/docs">${t("start.docs")}</a></p>
      ${demo && html`<${Demo} demo=${demo} />`}
    </main>
  `;
}

function Demo({ demo }) {
  return html`<section class="demo">
    <h2>${demo.restaurantName}</h2>
    <p class="muted">${t("start.demo")}</p>
    <ul class="demo-tables">
      ${demo.tables.map(
        (table) => html`<li>
          <a
            class="button"
            href=${new URL(table.scanUrl).pathname}
            aria-label=${t("table", { number: table.number })}
            >${table.number}</a
          >
        </li>`,
      )}
    </ul>
  </section>`;
}

await speak(preferred());
render(html`<${App} />`, document.getElementById("app"));
