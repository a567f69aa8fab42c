// Paired screens and phones, and who is signed in where.

import { useState } from "preact/hooks";
import { day, time } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { device, user } from "../../lib/staff.js";
import { complain, html, Icon, Initials } from "../../lib/ui.js";
import { pairHere } from "../../parts/pairing.js";
import * as desk from "./desk.js";
import { AddButton, Card, Nothing, sure, Wait } from "./parts.js";

export function DevicesSection() {
  const known = desk.useKnown("devices");
  if (!known) return html`<${Wait} />`;
  const pairThis = async () => {
    if (!(await pairHere())) return;
    await desk.read("devices");
  };
  return html`
    <div class="section-tools">
      <p class="muted">${t("m.devices.text")}</p>
      <span class="grow"></span>
      <${AddButton} label=${t(device.value ? "pair.again" : "pair.title")} onClick=${pairThis} />
    </div>
    <${Card} title=${t("m.devices.devices")} count=${known.devices.length}>
      ${known.devices.length === 0 && html`<${Nothing}>${t("m.devices.noDevices")}</${Nothing}>`}
      <ul class="rows">
        ${known.devices.map((each) => html`<${Device} key=${each.id} device=${each} />`)}
      </ul>
    </${Card}>
    <${Logins} sessions=${known.sessions} />
  `;
}

const when = (at) => `${day(at.slice(0, 10))} ${time(at)}`;

function Device({ device: each }) {
  const revoke = async () => {
    if (!(await sure(t("m.devices.revoke"), t("m.devices.revokeText", { name: each.name })))) return;
    await desk.remove("devices", "devices", each).catch(complain);
  };
  return html`<li class="row">
    <${Icon} name="screen" />
    <span class="row-text">
      <strong>${each.name}${each.id === device.value?.id ? ` · ${t("m.devices.this")}` : ""}</strong>
      <small class="muted">
        ${t("m.devices.paired", { time: when(each.pairedAt) })}
        ${each.seenAt ? ` · ${t("m.devices.seen", { time: when(each.seenAt) })}` : ""}
      </small>
    </span>
    <button class="button danger" onClick=${revoke}>
      ${t("m.devices.revoke")}<span class="hidden">: ${each.name}</span>
    </button>
  </li>`;
}

const SHOWN = 20;

function Logins({ sessions }) {
  const [all, setAll] = useState(false);
  const shown = all ? sessions : sessions.slice(0, SHOWN);
  const end = async (login) => {
    if (!(await sure(t("m.devices.end"), t("m.devices.endText", { name: login.name })))) return;
    await desk.remove("devices", "sessions", { id: login.id }).catch(complain);
  };
  const above = (login) =>
    user.value.role !== "admin" && (login.role === "admin" || login.everywhere);
  return html`
    <${Card} title=${t("m.devices.sessions")} count=${sessions.length}>
      <ul class="rows">
        ${shown.map(
          (login) => html`<li key=${login.id} class="row">
            <${Initials} id=${login.staffId} name=${login.name} />
            <span class="row-text">
              <strong>${login.name}</strong>
              <small class="muted">
                ${[
                  t(`role.${login.role}`),
                  login.deviceName ?? t("m.devices.byPassword"),
                  t("m.devices.since", { time: when(login.createdAt) }),
                ].join(" · ")}
              </small>
            </span>
            ${!above(login) &&
            html`<button class="button danger" onClick=${() => end(login)}>
              ${t("m.devices.end")}<span class="hidden">: ${login.name}</span>
            </button>`}
          </li>`,
        )}
      </ul>
      ${shown.length < sessions.length &&
      html`<button class="link-button" onClick=${() => setAll(true)}>${t("m.devices.all")}</button>`}
    </${Card}>
  `;
}
