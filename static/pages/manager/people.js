// The staff: who may do what, and how they come in.

import { useState } from "preact/hooks";
import { nameOf, t, TRANSLATED } from "../../lib/i18n.js";
import { user } from "../../lib/staff.js";
import { complain, html, Initials, Sheet } from "../../lib/ui.js";
import { Foot } from "./category.js";
import * as desk from "./desk.js";
import { AddButton, Card, Field, Problem, sure, useForm, Wait } from "./parts.js";

const ROLES = ["waiter", "kitchen", "expo", "manager"];

export function PeopleSection() {
  const crew = desk.useKnown("crew");
  const house = desk.useKnown("house");
  const [open, setOpen] = useState(undefined);
  if (!crew || !house) return html`<${Wait} />`;
  const admin = user.value.role === "admin";
  const above = (person) => !admin && (person.role === "admin" || person.everywhere);
  return html`
    <div class="section-tools">
      <p class="muted">${t("m.people.text")}</p>
      <span class="grow"></span>
      <${AddButton} label=${t("m.people.add")} onClick=${() => setOpen(null)} />
    </div>
    <${Card}>
      <ul class="rows">
        ${crew.staff.map(
          (person) => html`<li key=${person.id} class="row">
            <button class="row-main" disabled=${above(person)} onClick=${() => setOpen(person)}>
              <${Initials} id=${person.id} name=${person.name} />
              <span class="row-text">
                <strong>${person.name}</strong>
                <small class="muted">${person.email || t("m.people.noEmail")}</small>
              </span>
              <span class="row-tags">
                ${person.stations && html`<span class="tag plain">${person.stations.join(", ")}</span>`}
                ${person.hasPin && html`<span class="tag ok">PIN</span>`}
              </span>
              <span class="tag role">${t(`role.${person.role}`)}</span>
            </button>
          </li>`,
        )}
      </ul>
    </${Card}>
    ${open !== undefined &&
    html`<${PersonSheet} person=${open} house=${house} admin=${admin} onClose=${() => setOpen(undefined)} />`}
  `;
}

function PersonSheet({ person, house, admin, onClose }) {
  const form = useForm(firstOf(person), {
    version: person?.version,
    save: (values, expectedVersion) =>
      desk.save("crew", "staff", person?.id, bodyOf(values, expectedVersion)),
    done: onClose,
  });
  const drop = async () => {
    if (!(await sure(t("m.people.drop"), t("m.people.dropText", { name: person.name })))) return;
    await desk.remove("crew", "staff", person).then(onClose, complain);
  };
  const own = person?.id === user.value.id;
  const roles = admin ? [...ROLES, "admin"] : ROLES;
  const typed = (name) => ({
    value: form.values[name],
    onInput: (event) => form.set({ [name]: event.currentTarget.value }),
  });
  const chosen = (name) => ({
    value: form.values[name],
    onChange: (event) => form.set({ [name]: event.currentTarget.value }),
  });
  return html`
    <${Sheet}
      title=${person?.name ?? t("m.people.add")}
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="person-form" onDrop=${person && !own && drop} />`}
    >
      <form id="person-form" class="form" autocomplete="off" onSubmit=${form.submit}>
        <${Field} label=${t("m.name")} wrong=${form.wrong("name")}>
          <input required maxlength="80" ...${typed("name")} />
        </${Field}>
        <div class="form-row">
          <${Field} label=${t("m.people.role")}>
            <select disabled=${own} ...${chosen("role")}>
              ${roles.map((role) => html`<option value=${role}>${t(`role.${role}`)}</option>`)}
            </select>
          </${Field}>
          <${Field} label=${t("language")}>
            <select ...${chosen("lang")}>
              ${TRANSLATED.map((code) => html`<option value=${code}>${nameOf(code)}</option>`)}
            </select>
          </${Field}>
        </div>
        <${Field}
          label=${t("m.people.pin")}
          hint=${t(person?.hasPin ? "m.people.pinKeep" : "m.people.pinHint")}
          wrong=${form.wrong("pin")}
        >
          <input
            inputmode="numeric"
            pattern="[0-9]{4}"
            maxlength="4"
            autocomplete="off"
            placeholder=${person?.hasPin ? "••••" : ""}
            ...${typed("pin")}
          />
        </${Field}>
        <${Field} label=${t("signin.email")} hint=${t("m.people.emailHint")} wrong=${form.wrong("email")}>
          <input type="email" maxlength="200" autocomplete="off" ...${typed("email")} />
        </${Field}>
        <${Field} label=${t("signin.password")} hint=${t("m.people.passwordHint")} wrong=${form.wrong("password")}>
          <input type="password" minlength="8" maxlength="200" autocomplete="new-password" ...${typed("password")} />
        </${Field}>
        ${form.values.role === "kitchen" &&
        html`<${Stations} all=${house.stations} chosen=${form.values.stations} onChange=${(stations) => form.set({ stations })} />`}
        ${form.values.role === "waiter" &&
        html`<${Zones} tables=${house.tables} chosen=${form.values.tables} onChange=${(tables) => form.set({ tables })} />`}
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}

// None chosen means all of them.
function Stations({ all, chosen, onChange }) {
  const toggle = (id) => {
    const next = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id];
    onChange(next);
  };
  return html`<fieldset class="pick">
    <legend>${t("m.people.stations")}</legend>
    <div class="chips small">
      ${all.map(
        (station) => html`<button
          type="button"
          class="chip"
          aria-pressed=${chosen.includes(station.id)}
          onClick=${() => toggle(station.id)}
        >
          ${station.name}
        </button>`,
      )}
    </div>
  </fieldset>`;
}

// A waiter's own zones, kept as the tables in them; none chosen means all of them.
function Zones({ tables, chosen, onChange }) {
  const zones = [...new Set(tables.map((table) => table.zone).filter(Boolean))];
  if (zones.length < 2) return null;
  const inZone = (zone) => tables.filter((table) => table.zone === zone).map((table) => table.id);
  const has = (zone) => inZone(zone).every((id) => chosen.includes(id));
  const toggle = (zone) => {
    const ids = inZone(zone);
    const others = chosen.filter((id) => !ids.includes(id));
    onChange(has(zone) ? others : [...others, ...ids]);
  };
  return html`<fieldset class="pick">
    <legend>${t("m.people.zones")}</legend>
    <div class="chips small">
      ${zones.map(
        (zone) => html`<button
          type="button"
          class="chip"
          aria-pressed=${has(zone)}
          onClick=${() => toggle(zone)}
        >
          ${zone}
        </button>`,
      )}
    </div>
  </fieldset>`;
}

const firstOf = (person) => ({
  name: person?.name ?? "",
  role: person?.role ?? "waiter",
  lang: person?.lang ?? "en",
  email: person?.email ?? "",
  tables: person?.tables ?? [],
  stations: person?.stations ?? [],
  pin: "",
  password: "",
});

function bodyOf({ pin, password, stations, tables, ...values }, expectedVersion) {
  const only = (list, role) => (values.role === role && list.length ? list : null);
  const narrow = { stations: only(stations, "kitchen"), tables: only(tables, "waiter") };
  const secrets = { ...(pin && { pin }), ...(password && { password }) };
  return { ...values, ...secrets, ...narrow, expectedVersion };
}
