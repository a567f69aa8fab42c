// Tables by zone, and the sheet of their codes for printing.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet, toast } from "../../lib/ui.js";
import { Foot } from "./category.js";
import * as desk from "./desk.js";
import { AddButton, Card, Field, Nothing, Problem, sure, useForm, Wait } from "./parts.js";

export function TablesSection() {
  const house = desk.useKnown("house");
  const [open, setOpen] = useState(undefined); // a table, null for a new one
  const [codes, setCodes] = useState(null);
  if (!house) return html`<${Wait} />`;
  const zones = [...new Set(house.tables.map((table) => table.zone))];
  const print = () => readCodes().then(setCodes, complain);
  return html`
    <div class="section-tools">
      <p class="muted">${t("m.tables.text", { count: house.tables.length })}</p>
      <span class="grow"></span>
      <button class="button" onClick=${print}><${Icon} name="print" /> ${t("m.tables.print")}</button>
      <${AddButton} label=${t("m.tables.add")} onClick=${() => setOpen(null)} />
    </div>
    ${house.tables.length === 0 && html`<${Nothing}>${t("m.tables.none")}</${Nothing}>`}
    ${zones.map(
      (zone) => html`<${Card} key=${zone} title=${zone || t("m.tables.noZone")}>
        <ul class="table-grid">
          ${house.tables
            .filter((table) => table.zone === zone)
            .map(
              (table) => html`<li key=${table.id}>
                <button class="table-tile" onClick=${() => setOpen(table)}>
                  <strong>${table.number}</strong>
                  <small>${t("m.tables.seats", { count: table.seats })}</small>
                </button>
              </li>`,
            )}
        </ul>
      </${Card}>`,
    )}
    ${open !== undefined &&
    html`<${TableSheet} table=${open} zones=${zones} onClose=${() => setOpen(undefined)} />`}
    ${codes && html`<${CodeSheet} codes=${codes} onClose=${() => setCodes(null)} />`}
  `;
}

function TableSheet({ table, zones, onClose }) {
  const first = { number: table?.number ?? "", zone: table?.zone ?? "", seats: table?.seats ?? 4 };
  const form = useForm(first, {
    version: table?.version,
    save: (values, expectedVersion) =>
      desk.save("house", "tables", table?.id, { ...values, expectedVersion }),
    done: onClose,
  });
  const drop = async () => {
    if (!(await sure(t("m.tables.drop"), t("table", { number: table.number })))) return;
    await desk.remove("house", "tables", table).then(onClose, complain);
  };
  const renew = async () => {
    if (!(await sure(t("m.tables.newCode"), t("m.tables.newCodeText")))) return;
    const done = () => toast(t("m.tables.newCodeDone"));
    await desk.ask("POST", `tables/${table.id}/code`, {}).then(done, complain);
  };
  const typed = (name) => ({
    value: form.values[name],
    onInput: (event) => form.set({ [name]: event.currentTarget.value }),
  });
  return html`
    <${Sheet}
      title=${table ? t("table", { number: table.number }) : t("m.tables.add")}
      kind="small"
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="table-form" onDrop=${table && drop} />`}
    >
      <form id="table-form" class="form" onSubmit=${form.submit}>
        <${Field} label=${t("m.tables.number")} wrong=${form.wrong("number")}>
          <input required maxlength="12" ...${typed("number")} />
        </${Field}>
        <${Field} label=${t("m.tables.zone")} hint=${t("m.tables.zoneHint")}>
          <input maxlength="40" list="zones" ...${typed("zone")} />
        </${Field}>
        <datalist id="zones">${zones.map((zone) => html`<option value=${zone}></option>`)}</datalist>
        <${Field} label=${t("m.tables.seatCount")}>
          <input
            type="number"
            min="1"
            max="99"
            required
            value=${form.values.seats}
            onInput=${(event) => form.set({ seats: event.currentTarget.valueAsNumber })}
          />
        </${Field}>
        ${table &&
        html`<button type="button" class="link-button start" onClick=${renew}>${t("m.tables.newCode")}</button>`}
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}

// The hub's own sheet, read into what it consists of: a picture and two texts for each table.
async function readCodes() {
  const page = await desk.textOf("qr-sheet", "text/html");
  const figures = new DOMParser().parseFromString(page, "text/html").querySelectorAll("figure");
  return [...figures].map((figure) => ({
    src: figure.querySelector("img").getAttribute("src"),
    number: figure.querySelector("b").textContent,
    name: figure.querySelector("figcaption").firstChild.textContent,
  }));
}

// Shown as they will be printed; only the codes go onto the paper.
function CodeSheet({ codes, onClose }) {
  const cards = codes.map(
    ({ src, name, number }) => html`<figure class="code-card" key=${number}>
      <img src=${src} alt=${t("m.tables.codeOf", { number })} />
      <figcaption><span>${name}</span><b>${number}</b></figcaption>
    </figure>`,
  );
  return html`
    <${Sheet}
      title=${t("m.tables.codes")}
      subtitle=${t("m.tables.codesText")}
      kind="wide"
      onClose=${onClose}
      footer=${html`<span class="grow"></span>
        <button class="button primary" onClick=${() => print()}>
          <${Icon} name="print" /> ${t("m.tables.printNow")}
        </button>`}
    >
      <div class="codes" tabindex="0" role="group" aria-label=${t("m.tables.codes")}>${cards}</div>
    </${Sheet}>
    <${Paper}>${cards}</${Paper}>
  `;
}

// What a printer gets instead of the page. A sheet of its own would be cut off after one page.
function Paper({ children }) {
  useEffect(() => {
    const paper = document.createElement("div");
    paper.className = "codes paper";
    document.body.append(paper);
    render(html`${children}`, paper);
    return () => {
      render(null, paper);
      paper.remove();
    };
  }, []);
  return null;
}
