// The stations of the kitchen.

import { useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet } from "../../lib/ui.js";
import { Foot } from "./category.js";
import * as desk from "./desk.js";
import { AddButton, Card, Field, Problem, sure, useForm, Wait } from "./parts.js";

export function StationsSection() {
  const house = desk.useKnown("house");
  const menu = desk.useKnown("menu");
  const [open, setOpen] = useState(undefined);
  if (!house || !menu) return html`<${Wait} />`;
  const dishes = (id) => menu.items.filter((item) => item.station === id).length;
  return html`
    <div class="section-tools">
      <p class="muted">${t("m.stations.text")}</p>
      <span class="grow"></span>
      <${AddButton} label=${t("m.stations.add")} onClick=${() => setOpen(null)} />
    </div>
    <${Card}>
      <ul class="rows">
        ${house.stations.map(
          (station) => html`<li key=${station.id} class="row">
            <button class="row-main" onClick=${() => setOpen(station)}>
              <${Icon} name="flame" />
              <strong class="grow">${station.name}</strong>
              <span class="muted">${t("m.stations.dishes", { count: dishes(station.id) })}</span>
            </button>
          </li>`,
        )}
      </ul>
    </${Card}>
    ${open !== undefined && html`<${StationSheet} station=${open} onClose=${() => setOpen(undefined)} />`}
  `;
}

function StationSheet({ station, onClose }) {
  const form = useForm({ name: station?.name ?? "" }, {
    version: station?.version,
    save: async (values, expectedVersion) => {
      await desk.save("house", "stations", station?.id, { ...values, expectedVersion });
      await desk.read("menu");
    },
    done: onClose,
  });
  const drop = async () => {
    if (!(await sure(t("m.stations.drop"), station.name))) return;
    await desk.remove("house", "stations", station).then(onClose, complain);
  };
  return html`
    <${Sheet}
      title=${station?.name ?? t("m.stations.add")}
      kind="small"
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="station-form" onDrop=${station && drop} />`}
    >
      <form id="station-form" class="form" onSubmit=${form.submit}>
        <${Field} label=${t("m.name")} wrong=${form.wrong("name")}>
          <input
            required
            maxlength="80"
            value=${form.values.name}
            onInput=${(event) => form.set({ name: event.currentTarget.value })}
          />
        </${Field}>
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}
