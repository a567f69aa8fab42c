// What the house relies on at this moment: its screens, and other companies' services.

import { secondsSince, elapsed, timeToTheSecond } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { Card, Nothing } from "./parts.js";

export function Displays({ displays }) {
  return html`
    <${Card} title=${t("m.live.displays")} count=${displays.length} class="now-displays">
      ${displays.length === 0 && html`<${Nothing}>${t("m.live.noDisplays")}</${Nothing}>`}
      <ul class="rows">
        ${displays.map(
          (display) => html`<li key=${display.id} class="row">
            <${Icon} name="screen" />
            <span class="row-text">
              <strong>${display.name}</strong>
              <small class="muted">
                ${`${t(`role.${display.role}`)} · ${t("m.live.asOf", { time: timeToTheSecond(display.at) })}`}
              </small>
            </span>
            <${Lag} display=${display} />
          </li>`,
        )}
      </ul>
    </${Card}>
  `;
}

// What a screen has shown says nothing of one that is no longer there.
function Lag({ display }) {
  if (display.silent) return html`<span class="tag warn">${t("m.live.silent")}</span>`;
  return html`<span class=${`tag ${display.lag > 2 ? "bad" : "ok"}`}>
    ${display.lag ? t("m.live.behind", { count: display.lag }) : t("m.live.upToDate")}
  </span>`;
}

// Work for other companies: an answer that does not come, or a no, shows here first.
export function Jobs({ jobs, companies }) {
  const open = jobs.reduce((sum, job) => sum + job.open, 0);
  return html`
    <${Card} title=${t("m.live.jobs")} count=${open} class="now-jobs">
      ${jobs.length === 0 && html`<${Nothing}>${t("m.live.noJobs")}</${Nothing}>`}
      <ul class="rows">
        ${jobs.map(
          (job) => html`<li key=${job.kind} class="row">
            <strong class="grow">${job.kind}</strong>
            ${job.open > 0 && html`<span>${t("m.live.jobsOpen", { count: job.open })}</span>`}
            ${job.since && html`<span class="age">${elapsed(secondsSince(job.since))}</span>`}
            ${job.failed > 0 && html`<span class="tag bad">${t("m.live.jobsFailed", { count: job.failed })}</span>`}
          </li>`,
        )}
      </ul>
      ${companies.length > 0 &&
      html`<ul class="row companies" aria-label=${t("m.live.jobs")}>
        ${companies.map((each) => html`<${Company} key=${each.name} company=${each} />`)}
      </ul>`}
    </${Card}>
  `;
}

function Company({ company: { name, restsFor } }) {
  const rests = restsFor > 0;
  return html`<li class=${`tag ${rests ? "bad" : "ok"}`}>
    <${Icon} name=${rests ? "warn" : "check"} /> ${`${name} `}
    <span class=${rests ? "" : "hidden"}>
      ${rests ? t("m.live.rests", { time: elapsed(Math.ceil(restsFor)) }) : t("m.live.answers")}
    </span>
  </li>`;
}
