// One dish: its words in all languages, its price, its picture, and who makes it.

import { useRef, useState } from "preact/hooks";
import { amountOf, decimal } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet } from "../../lib/ui.js";
import { allergenName } from "../../parts/dish.js";
import { Foot } from "./category.js";
import * as desk from "./desk.js";
import { Field, photoUrl, Problem, sure, Toggle, useForm } from "./parts.js";
import { Texts, textOf } from "./texts.js";

const ALLERGENS = [
  "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard",
  "sesame", "sulphites", "lupin", "molluscs",
];

export function DishSheet({ menu, dish, onClose }) {
  const [photo, setPhoto] = useState(undefined); // a file to upload, null to take the photo away
  const ours = useRef(null); // what this form has saved already, should only its photo be refused
  const form = useForm(firstOf(menu, dish), {
    version: dish?.version,
    save: async (values, expectedVersion) => {
      const body = bodyOf(menu, values, ours.current ? undefined : expectedVersion);
      ours.current = await desk.save("menu", "menu/items", ours.current?.id ?? dish?.id, body);
      await savePhoto(ours.current.id, photo);
    },
    done: onClose,
  });
  const drop = async () => {
    if (!(await sure(t("m.menu.dropDish"), dish.texts[menu.language]))) return;
    await desk.remove("menu", "menu/items", dish).then(onClose, complain);
  };
  return html`
    <${Sheet}
      title=${dish ? textOf(menu, dish.texts) : t("m.menu.addDish")}
      kind="wide"
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="dish-form" onDrop=${dish && drop} />`}
    >
      <form id="dish-form" class="form dish-form" onSubmit=${form.submit}>
        <${Texts}
          menu=${menu}
          fields=${[
            { name: "texts", label: t("m.name"), max: 120 },
            { name: "descriptions", label: t("m.menu.description"), rows: 2, max: 600 },
          ]}
          values=${form.values}
          onChange=${form.set}
          wrong=${form.wrong}
        />
        ${dish &&
        html`<${Toggle}
          label=${t("m.menu.available")}
          checked=${dishNow(menu, dish).available}
          onChange=${(on) => desk.setAvailable(dish.id, on)}
        />`}
        <${Photo} photo=${photo} kept=${dish?.photo} onChange=${setPhoto} />
        <${Numbers} menu=${menu} form=${form} />
        <${Allergens} chosen=${form.values.allergens} onChange=${(allergens) => form.set({ allergens })} />
        <${Groups} menu=${menu} chosen=${form.values.groups} onChange=${(groups) => form.set({ groups })} />
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}

// Whether it is sold out may change while its sheet is open, and is changed at once.
const dishNow = (menu, dish) => menu.items.find((item) => item.id === dish.id) ?? dish;

function Numbers({ menu, form }) {
  const { values, set, wrong } = form;
  const typed = (name) => ({
    value: values[name],
    required: true,
    onInput: (event) => set({ [name]: event.currentTarget.value }),
  });
  const chosen = (name) => ({
    value: values[name],
    onChange: (event) => set({ [name]: event.currentTarget.value }),
  });
  return html`
    <div class="form-grid">
      <${Field} label=${`${t("m.menu.price")} (${menu.currency})`} wrong=${wrong("price")}>
        <input inputmode="decimal" ...${typed("price")} />
      </${Field}>
      <${Field} label=${`${t("m.menu.tax")} (%)`} wrong=${wrong("taxRate")}>
        <input type="number" min="0" max="100" step="0.01" ...${typed("tax")} />
      </${Field}>
      <${Field} label=${t("m.menu.category")}>
        <select ...${chosen("categoryId")}>
          ${menu.categories.map((each) => html`<option value=${each.id}>${textOf(menu, each.texts)}</option>`)}
        </select>
      </${Field}>
      <${Field} label=${t("kitchen.station")}>
        <select ...${chosen("station")}>
          ${menu.stations.map((each) => html`<option value=${each.id}>${each.name}</option>`)}
        </select>
      </${Field}>
      <${Field} label=${t("m.menu.course")}>
        <input type="number" min="1" max="9" ...${typed("course")} />
      </${Field}>
      <${Field} label=${t("m.menu.minutes")}>
        <input type="number" min="0" max="600" step="0.25" ...${typed("minutes")} />
      </${Field}>
    </div>
  `;
}

function Photo({ photo, kept, onChange }) {
  const [preview, setPreview] = useState(null);
  const shown = preview ?? (kept && photo !== null ? photoUrl(kept, "large") : null);
  const choose = (file) => {
    if (!file) return;
    const reader = new FileReader(); // a data: URL, which the page's policy lets pictures be
    reader.onload = () => setPreview(reader.result);
    reader.readAsDataURL(file);
    onChange(file);
  };
  const away = () => {
    setPreview(null);
    onChange(null);
  };
  return html`
    <div class="photo-field">
      <div class="photo-frame">
        ${shown ? html`<img src=${shown} alt=${t("m.menu.photo")} />` : html`<${Icon} name="photo" />`}
      </div>
      <div class="photo-tools">
        <label class="button">
          <${Icon} name="photo" /> ${t(shown ? "m.menu.otherPhoto" : "m.menu.addPhoto")}
          <input
            class="hidden"
            type="file"
            accept="image/jpeg,image/png,image/webp"
            onChange=${(event) => choose(event.currentTarget.files[0])}
          />
        </label>
        ${shown &&
        html`<button type="button" class="link-button" onClick=${away}>${t("m.menu.noPhoto")}</button>`}
        <small class="muted">${t("m.menu.photoHint")}</small>
      </div>
    </div>
  `;
}

const toggled = (list, each) =>
  list.includes(each) ? list.filter((other) => other !== each) : [...list, each];

function Allergens({ chosen, onChange }) {
  return html`<fieldset class="pick">
    <legend>${t("allergens")}</legend>
    <div class="chips small">
      ${ALLERGENS.map(
        (code) => html`<button
          type="button"
          class="chip"
          aria-pressed=${chosen.includes(code)}
          onClick=${() => onChange(toggled(chosen, code))}
        >
          ${allergenName(code)}
        </button>`,
      )}
    </div>
  </fieldset>`;
}

function Groups({ menu, chosen, onChange }) {
  if (!menu.groups.length) return null;
  return html`<fieldset class="pick">
    <legend>${t("m.menu.choices")}</legend>
    <div class="chips small">
      ${menu.groups.map(
        (group) => html`<button
          type="button"
          class="chip"
          aria-pressed=${chosen.includes(group.id)}
          onClick=${() => onChange(toggled(chosen, group.id))}
        >
          ${textOf(menu, group.texts)}
        </button>`,
      )}
    </div>
  </fieldset>`;
}

function firstOf(menu, dish) {
  const last = menu.items.at(-1);
  return {
    texts: dish?.texts ?? {},
    descriptions: dish?.descriptions ?? {},
    machine: dish?.machine ?? [],
    price: dish ? decimal(dish.price, menu.currency) : "",
    tax: String((dish ?? last)?.taxRate / 100 || 0),
    categoryId: dish?.categoryId ?? menu.categories[0]?.id,
    station: dish?.station ?? menu.stations[0]?.id,
    course: String(dish?.course ?? 1),
    minutes: String((dish?.prepSeconds ?? 600) / 60),
    allergens: dish?.allergens ?? [],
    groups: dish?.groups ?? [],
  };
}

function bodyOf(menu, { price, tax, course, minutes, ...values }, expectedVersion) {
  return {
    ...values,
    expectedVersion,
    price: amountOf(price, menu.currency),
    taxRate: Math.round(Number(tax) * 100),
    course: Number(course),
    prepSeconds: Math.round(Number(minutes) * 60),
  };
}

async function savePhoto(id, photo) {
  if (photo === undefined) return;
  await desk.ask(photo ? "PUT" : "DELETE", `menu/items/${id}/photo`, photo ?? undefined);
  await desk.read("menu");
}
