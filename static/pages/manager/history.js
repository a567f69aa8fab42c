// What happened: who did what, latest first, to be narrowed down and read back.

import { useEffect, useState } from "preact/hooks";
import { day, list, money, time } from "../../lib/format.js";
import { has, t } from "../../lib/i18n.js";
import { complain, html } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Card, Nothing, Wait } from "./parts.js";

const ABOUT = ["", "orders", "money", "floor", "house"];

export function HistorySection() {
  const crew = desk.useKnown("crew");
  const [asked, setAsked] = useState({ about: "", who: "" });
  const [found, setFound] = useState(null);
  const read = async (known, before) => {
    const wish = { ...asked, ...(before && { before }) };
    const query = new URLSearchParams(Object.entries(wish).filter(([, value]) => value));
    const next = await desk.ask("GET", `history?${query}`);
    setFound({ ...next, happenings: [...known, ...next.happenings] });
  };
  useEffect(() => {
    read([]).catch(complain);
  }, [asked.about, asked.who]);
  const choose = (changes) => setAsked({ ...asked, ...changes });
  return html`
    <div class="section-tools">
      <div class="chips" role="group" aria-label=${t("m.history.about")}>
        ${ABOUT.map(
          (about) => html`<button
            class="chip"
            aria-pressed=${asked.about === about}
            onClick=${() => choose({ about })}
          >
            ${t(`m.history.about.${about || "all"}`)}
          </button>`,
        )}
      </div>
      <span class="grow"></span>
      <label class="field">
        <span class="hidden">${t("m.history.who")}</span>
        <select value=${asked.who} onChange=${(event) => choose({ who: event.currentTarget.value })}>
          <option value="">${t("m.history.everybody")}</option>
          ${(crew?.staff ?? []).map((person) => html`<option value=${person.id}>${person.name}</option>`)}
        </select>
      </label>
      <button class="button" onClick=${() => read([]).catch(complain)}>${t("m.history.again")}</button>
    </div>
    ${found ? html`<${Happenings} found=${found} onMore=${() => read(found.happenings, found.before).catch(complain)} />` : html`<${Wait} />`}
    <p class="muted">${t("m.history.kept")}</p>
  `;
}

function Happenings({ found, onMore }) {
  const { happenings, before } = found;
  return html`<${Card}>
    ${happenings.length === 0 && html`<${Nothing}>${t("m.history.nothing")}</${Nothing}>`}
    <ul class="rows">
      ${happenings.map(
        (each) => html`<li key=${each.id} class="row history-row">
          <time class="muted" datetime=${each.at}>${day(dateOf(each.at))} ${time(each.at)}</time>
          <span class="row-text">
            <strong>${said(each)}</strong>
            <small class="muted" dir="auto">${more(each.details, found.currency)}</small>
          </span>
          <span>${whoOf(each)}</span>
        </li>`,
      )}
    </ul>
    ${before && html`<button class="button" onClick=${onMore}>${t("m.history.more")}</button>`}
  </${Card}>`;
}

const dateOf = (at) => new Date(at).toLocaleDateString("sv"); // as 2026-11-26, by the clock here

// Who scans a code is nobody to the hub before they sit.
function whoOf({ what, details, who: { id, name, role } }) {
  const sat = what === "table:statusChanged" && details.status === "SEATED";
  if (role === "guest" || (sat && !name)) return t("m.history.guest");
  return name || t(id === "hub" ? "m.history.hub" : `role.${role || "service"}`);
}

// In words where there are some; what a newer hub tells of is shown by its name.
function said({ what, details }) {
  const state = what === "order:priority" ? details.priority : `${details.status ?? details.available}`;
  const key = [`m.history.${what}.${state}`, `m.history.${what}`].find((each) => has(each));
  const { currency, amount = 0, tip = 0 } = details;
  const sum = currency ? money(amount + tip, currency) : "";
  return key ? t(key, { ...details, sum, number: details.orderNumber ?? "" }) : what;
}

// By its name, where it has no words: an older hub or a newer one may tell of more.
function setting(name) {
  const key = `m.history.changed.${name}`;
  return has(key) ? t(key) : name;
}

function more(details, currency) {
  const { tableNumber, reason, names, name, method, before, after, changed, counted, level } = details;
  const price = (value) => value !== undefined && value !== null && money(value, currency);
  return [
    tableNumber && t("table", { number: tableNumber }),
    names && list(names),
    name,
    method && t(`pay.method.${method}`),
    after !== undefined && [price(before), price(after)].filter(Boolean).join(" → "),
    changed?.length && list(changed.map(setting)),
    price(counted),
    level && t(`m.history.level.${level}`),
    reason,
  ]
    .filter(Boolean)
    .join(" · ");
}
