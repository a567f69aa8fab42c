// Opening hours: the week, and the days that are different.

import { useState } from "preact/hooks";
import { day } from "../../lib/format.js";
import { lang, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Card, Nothing, Problem, useForm, Wait } from "./parts.js";

const MONDAY = Date.UTC(2024, 0, 1); // any Monday
const DAY_MS = 86_400_000;
const FIRST = { start: "11:00:00", end: "23:00:00" };

export function HoursSection() {
  const house = desk.useKnown("house");
  const [saved, setSaved] = useState(0);
  if (!house) return html`<${Wait} />`;
  // Begun anew once it is saved, and not when somebody else saves: what is typed here stays.
  return html`<${Hours} key=${saved} settings=${house.settings} onSaved=${() => setSaved(saved + 1)} />`;
}

function Hours({ settings, onSaved }) {
  const form = useForm({ week: settings.hours.week, exceptions: settings.hours.exceptions ?? {} }, {
    version: settings.version,
    save: async (values, expectedVersion) => {
      await desk.ask("PUT", "hours", { ...values, expectedVersion });
      await desk.read("house");
    },
    done: onSaved,
  });
  const { week, exceptions } = form.values;
  const setDay = (at, spans) => form.set({ week: week.map((each, index) => (index === at ? spans : each)) });
  const setDate = (date, spans) => form.set({ exceptions: { ...exceptions, [date]: spans } });
  const dropDate = (date) => {
    const { [date]: _, ...others } = exceptions;
    form.set({ exceptions: others });
  };
  return html`
    <form class="hours" onSubmit=${form.submit}>
      <${Card} title=${t("m.hours.week")}>
        <p class="card-text muted">${t("m.hours.text", { zone: settings.timezone })}</p>
        <ul class="rows">
          ${week.map(
            (spans, at) => html`<li class="row day-row" key=${at}>
              <strong class="day-name">${weekday(at)}</strong>
              <${Spans} name=${weekday(at)} spans=${spans} onChange=${(next) => setDay(at, next)} />
            </li>`,
          )}
        </ul>
      </${Card}>
      <${Card} title=${t("m.hours.exceptions")}>
        <p class="card-text muted">${t("m.hours.exceptionsText")}</p>
        ${Object.keys(exceptions).length === 0 && html`<${Nothing}>${t("m.hours.noExceptions")}</${Nothing}>`}
        <ul class="rows">
          ${Object.keys(exceptions)
            .sort()
            .map(
              (date) => html`<li class="row day-row" key=${date}>
                <strong class="day-name">${dated(date)}</strong>
                <${Spans} name=${dated(date)} spans=${exceptions[date]} onChange=${(next) => setDate(date, next)} />
                <button type="button" class="icon-button" aria-label=${t("m.hours.dropDate", { date: dated(date) })} onClick=${() => dropDate(date)}>
                  <${Icon} name="close" />
                </button>
              </li>`,
            )}
        </ul>
        <${AddDate} onAdd=${(date) => setDate(date, [])} />
      </${Card}>
      <div class="form-end">
        <${Problem} error=${form.error} />
        <button class="button primary" disabled=${form.busy}>${t("save")}</button>
      </div>
    </form>
  `;
}

const weekday = (at) =>
  new Intl.DateTimeFormat(lang.value, { weekday: "long", timeZone: "UTC" }).format(MONDAY + at * DAY_MS);

const dated = (date) => day(date, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

function Spans({ name, spans, onChange }) {
  const change = (at, part, text) =>
    onChange(spans.map((span, index) => (index === at ? { ...span, [part]: `${text}:00` } : span)));
  const field = (span, at, part, label) => html`<input
    type="time"
    required
    aria-label=${`${name}: ${t(label)}`}
    value=${span[part].slice(0, 5)}
    onChange=${(event) => change(at, part, event.currentTarget.value)}
  />`;
  return html`
    <div class="spans">
      ${spans.length === 0 && html`<span class="tag plain">${t("m.hours.closed")}</span>`}
      ${spans.map(
        (span, at) => html`<span class="span" key=${at}>
          ${field(span, at, "start", "m.hours.start")} – ${field(span, at, "end", "m.hours.end")}
          ${span.start === span.end && html`<span class="tag plain">${t("m.hours.allDay")}</span>`}
          <button
            type="button"
            class="icon-button"
            aria-label=${t("m.hours.dropSpan", { name })}
            onClick=${() => onChange(spans.filter((_, index) => index !== at))}
          >
            <${Icon} name="close" />
          </button>
        </span>`,
      )}
      <button
        type="button"
        class="icon-button"
        aria-label=${t("m.hours.addSpan", { name })}
        onClick=${() => onChange([...spans, FIRST])}
      >
        <${Icon} name="plus" />
      </button>
    </div>
  `;
}

function AddDate({ onAdd }) {
  const [date, setDate] = useState("");
  return html`<div class="add-date">
    <label class="field">
      <span>${t("m.hours.date")}</span>
      <input type="date" value=${date} onChange=${(event) => setDate(event.currentTarget.value)} />
    </label>
    <button type="button" class="button" disabled=${!date} onClick=${() => onAdd(date)}>
      ${t("m.hours.addDate")}
    </button>
  </div>`;
}
